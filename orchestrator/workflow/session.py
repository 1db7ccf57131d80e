# SPDX-License-Identifier: GPL-2.0-only
"""What a boot needs besides if somebody talks with its guest (model.session)."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.config.assets import asset_dir
from orchestrator.edge import sandbox
from orchestrator.edge.session.ends import Talker, talking
from orchestrator.edge.store import Store
from orchestrator.model.job import Selftests
from orchestrator.model.progress import Progress
from orchestrator.model.session import DEBIAN, Session, Talk
from orchestrator.plan.deadlines import MAX_FACTOR, Deadlines
from orchestrator.plan.guest import selftest_files, session_files

SELFTESTS = "selftests.sh"  # of rootfs/
BESIDE_S = 60  # what a selftest may take besides its limit: to be ended, to be told of

# What few runs need is imported where it is needed.


class Reach(Struct, frozen=True):
    """port: of the guest's sshd on loopback, 0 for none. begun: as edge.qemu.Watched has it."""

    port: int = 0
    begun: Callable[[int], None] | None = None


def disk(
    session: Session | None, include: Sequence[str], store: Store, log: Path, progress: Progress
) -> Path | None:
    """The image of its root file system, if it has one. Raises as edge.rootfs.debian_image()."""
    if session is None or session.rootfs != DEBIAN:
        return None
    from orchestrator.edge.rootfs import debian_image

    return debian_image(include, store, log, progress)


def job_files(
    session: Session | None,
    release: str,
    term: str,
    run_dir: Path,
    selftests: Sequence[Selftests] = (),
) -> dict[str, bytes] | None:
    """Files of /job, by their paths below it; None without a session. Keys of a run with sshd
    are made in run_dir."""
    if session is None:
        return None
    told = session_files(session, release, term)
    files = {f"session/{name}": data for name, data in told.items()}
    if selftests:
        script = (asset_dir("rootfs") / SELFTESTS).read_bytes()
        told = selftest_files(selftests, script)
        files |= {f"selftests/{name}": data for name, data in told.items()}
    if session.ssh:
        from orchestrator.edge.ssh import keys

        files |= {f"ssh/{name}": data for name, data in keys.make(run_dir).items()}
    return files


@contextlib.contextmanager
def had(
    session: Session | None, talker: Talker | None, sockets: Path, run_dir: Path
) -> Iterator[Reach]:
    """While the machine runs: talker talks over sockets there, and `orchestrate ssh` finds the
    guest by its run."""
    with contextlib.ExitStack() as stack:
        if talker:
            stack.enter_context(talking(sockets, talker))
        if session is None or not session.ssh:
            yield Reach()
            return
        from orchestrator.edge import live

        own = sandbox.found().name == sandbox.NAME
        port = live.free_port(own)
        stack.callback(live.withdraw, run_dir)
        yield Reach(port, lambda pid: live.announce(run_dir, pid, port, own))


@contextlib.contextmanager
def seen(
    session: Session | None, sockets: Path, run_dir: Path, keys: Sequence[tuple[str, str]]
) -> Iterator[int]:
    """While the machine runs, `orchestrate drgn` and `gdb` get at it through the descriptor that
    this gives; -1 without a session. keys: of kernel and module."""
    if session is None:
        yield -1
        return
    from orchestrator.edge.debug import monitor

    patient = session.talk is Talk.TERMINAL
    with monitor.offered(sockets / "monitor", run_dir, dict(keys), patient=patient) as fd:
        yield fd


def patient(
    session: Session | None, deadlines: Deadlines, selftests: Sequence[Selftests] = ()
) -> Deadlines:
    """A command may take its time, as long as the guest shows that it is alive. At a terminal a
    person may stop the guest, debug it, think: nobody ends that but them. Selftests have limits
    that the guest sees to; this is for one that cannot."""
    if session is None:
        return deadlines
    if selftests:
        all_s = sum((each.limit_s + BESIDE_S) * len(each.tests) for each in selftests)
        return replace(deadlines, session_s=all_s * MAX_FACTOR)
    deadlines = replace(deadlines, session_s=math.inf)
    return replace(deadlines, step_s=math.inf) if session.talk is Talk.TERMINAL else deadlines

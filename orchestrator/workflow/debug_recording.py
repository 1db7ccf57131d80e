# SPDX-License-Identifier: GPL-2.0-only
"""The recording of a run, for gdb."""

from __future__ import annotations

import shlex

from msgspec import Struct

from orchestrator.edge import recordings
from orchestrator.edge.accelerator import qemu_version
from orchestrator.edge.debug import images
from orchestrator.edge.store import Store
from orchestrator.model.errors import UsageError
from orchestrator.model.recording import Recorded
from orchestrator.plan.gdb import FAILS
from orchestrator.workflow.debug_subject import Subject, subject


class Recording(Struct, frozen=True):
    """points: for plan.gdb.replayed()."""

    run: Subject
    told: Recorded
    points: tuple[tuple[tuple[int, str], ...], tuple[str, ...]]


def recording(name: str, store: Store) -> Recording:
    """Raises UsageError if there is none, it is damaged, or another QEMU recorded it."""
    folder = recordings.find(name)
    told = recordings.read(folder)
    run = subject(folder, store)
    again = f"orchestrate record {shlex.quote(told.of_run)} records it with this one"
    if run.boot is None:
        raise UsageError(f"{folder} is no whole recording", again)
    now = qemu_version(store, run.boot.row)
    if now != told.qemu:
        raise UsageError(f"another QEMU recorded it: {told.qemu}", f"{again} ({now})")
    known = images.addresses(run.kernel.vmlinux)
    text = f"a failure is told from here on; recorded is {told.target.title!r}"
    ends = tuple((known[each], text) for each in FAILS.get(told.target.check, ()) if each in known)
    notes = (
        f"recorded is {told.target.title!r}" + "".join(f"; {each}" for each in told.differs),
        "each command that goes back replays the machine from its start, once or twice: seconds",
    )
    return Recording(run, told, (ends, notes))

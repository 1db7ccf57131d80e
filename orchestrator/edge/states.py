# SPDX-License-Identifier: GPL-2.0-only
"""Machines that have booted, kept so that runs go on from there: states/KEY/ in the store.

An entry holds the memory of each node (ram0, ram1, ... as the guest left it), the devices' state,
the console so far, and facts.json. Its key says all that it depends on. An entry that is no longer
what it was (edge/seal.py) is dropped.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.edge import accelerator, migration, seal
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.keeping import occupied_mib, trim
from orchestrator.edge.migration import Fork
from orchestrator.edge.store import Store
from orchestrator.model import rundir
from orchestrator.model.evidence import VmOutcome
from orchestrator.model.inputs import Input
from orchestrator.model.progress import Progress
from orchestrator.plan import qemu as plan

DEVICES = "devices"
FACTS = "facts.json"
KEPT_MIB = 4096  # of all states together
_LAYOUT = "1"  # part of every key: raise it when an entry's layout changes


class MachineState(Struct, frozen=True):
    """One entry. fork: what QEMU goes on from; console: what the guest printed until then."""

    folder: Path
    fork: Fork
    console: Path
    cached: bool


class NotReady(Exception):
    """The machine did not get as far as to wait for a job: what happened is its outcome."""

    def __init__(self, outcome: VmOutcome) -> None:
        super().__init__(outcome.ending.value)
        self.outcome = outcome


def state_key(boot: plan.Boot, kernel_key: str, image: bytes) -> str:
    """Over kernel, guest image, machine, QEMU and its firmware, as they are now."""
    vmlinux, firmware = Path(boot.vmlinux), accelerator.firmware_path(boot.row)
    return digest(
        _LAYOUT,
        *_anywhere(boot),
        *plan.own_tables(boot).values(),
        kernel_key,
        _stamp(vmlinux),
        image,
        accelerator.qemu_stamp(boot.row),
        _stamp(firmware) if firmware else "",
    )


def state_inputs(boot: plan.Boot, kernel_key: str, image: bytes) -> tuple[Input, ...]:
    """What state_key() is made of, by name, for people."""
    firmware = accelerator.firmware_path(boot.row)
    return (
        Input("layout", "", _LAYOUT),
        *(Input("machine", *option) for option in _options(_anywhere(boot))),
        *(Input("table", name, digest(data)) for name, data in plan.own_tables(boot).items()),
        Input("kernel", "", kernel_key),
        Input("vmlinux", "", _stamp(Path(boot.vmlinux))),
        Input("guest image", "", digest(image)),
        Input("qemu", "", accelerator.qemu_stamp(boot.row)),
        Input("firmware", "", _stamp(firmware) if firmware else ""),
    )


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """(option, its value) of a command line."""
    for at, word in enumerate(words):
        if word.startswith("-"):
            after = words[at + 1 :]
            yield word, after[0] if after and not after[0].startswith("-") else ""


def _anywhere(boot: plan.Boot) -> list[str]:
    """QEMU's command line without what belongs to one run."""
    bare = replace(
        boot,
        run_dir="",
        vmlinux="",
        initrd="",
        qmp_socket="",
        session_dir="",
        ram_dir="",
        state=plan.State.MADE,
    )
    return list(plan.argv(bare))


def state(
    store: Store, key: str, make: Callable[[Path], Fork | VmOutcome], progress: Progress
) -> MachineState:
    """The kept state, made by make(folder) if there is none that is whole.

    make: boots a machine whose memory files and DEVICES are in the folder, and copies its console
    there. Raises NotReady if it returns an outcome.
    """
    _drop_damaged(store, key, progress)

    def make_entry(folder: Path) -> None:
        made = make(folder)
        if isinstance(made, VmOutcome):
            raise NotReady(made)
        facts = {"boot_s": made.boot_s, "speed_factor": made.speed_factor}
        names = [path.name for path in folder.iterdir()]
        for name in names:
            # QEMU opens memory for writing also where it maps it privately (file_ram_open() of
            # 7.2), which a user who is not root may not do with a file that is read-only.
            (folder / name).chmod(0o600 if name.startswith("ram") else 0o400)
        seal.write(folder, names, FACTS, facts)

    folder, cached = store.entry("states", key, make_entry, progress)
    if not cached:
        trim(store.folder("states"), KEPT_MIB, occupied_mib, keep=key)
    facts = json.loads((folder / FACTS).read_text())
    devices = folder / DEVICES
    fork = Fork(devices, facts["boot_s"], facts["speed_factor"], migration.stamp(devices.stat()))
    return MachineState(folder, fork, folder / rundir.CONSOLE, cached)


def _drop_damaged(store: Store, key: str, progress: Progress) -> None:
    """Under the lock: what is not whole yet may be in the making by another run."""
    entry = store.folder("states") / key
    if not entry.is_dir() or seal.whole(entry, FACTS):
        return
    with store.lock(f"states/{key}", progress):
        if not seal.whole(entry, FACTS):
            drop(store, key)


def drop(store: Store, key: str) -> None:
    """Forget a state. Machines that go on from it keep their open files."""
    shutil.rmtree(store.folder("states") / key, ignore_errors=True)


def _stamp(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"

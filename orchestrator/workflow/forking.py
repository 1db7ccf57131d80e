# SPDX-License-Identifier: GPL-2.0-only
"""One boot, from the start or from the state of a machine that has booted before."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import inputs, qemu, states
from orchestrator.edge.migration import Fork, NotKept, StateGone, StateRefused
from orchestrator.edge.store import Store
from orchestrator.model import rundir as names
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.evidence import VmOutcome
from orchestrator.model.progress import Note, StageDone, StageStarted
from orchestrator.plan.qemu import Boot, State

ROOM_MIB = 200  # on the disk, beside the guest's memory, before a state is made


def from_start(boot: Boot, watched: qemu.Watched) -> VmOutcome:
    """Power on, boot, run the job."""
    watched.progress(StageStarted("boot", _machine(boot)))
    return qemu.run_vm(boot, watched)


def forked(
    boot: Boot, watched: qemu.Watched, kernel_key: str, image: bytes, store: Store
) -> VmOutcome:
    """Go on from the state kept for this kernel, guest and machine; it is made if there is none.

    If the machine does not get as far as to be kept, what happened to it is the outcome.
    """
    progress = watched.progress
    key = states.state_key(boot, kernel_key, image)
    for _ in range(2):
        free_mib = shutil.disk_usage(store.folder("states")).free >> 20
        if free_mib < boot.topology.mem_mib + ROOM_MIB:
            progress(Note(f"no room to keep a booted machine ({free_mib} MiB free)"))
            break
        begun_s = time.monotonic()
        try:
            kept = states.state(store, key, lambda folder: _make(boot, watched, folder), progress)
        except states.NotReady as stopped:
            return stopped.outcome
        except NotKept as why:
            progress(Note(f"the booted machine is not kept: {why}"))
            break
        if not (kept.folder / inputs.FILE).exists():
            inputs.keep(kept.folder, states.state_inputs(boot, kernel_key, image), _machine(boot))
        progress(StageDone("state", time.monotonic() - begun_s, kept.cached))
        try:
            return _go_on(boot, watched, kept)
        except StateRefused as error:
            states.drop(store, key)
            progress(Note(f"a kept state was dropped: {error}"))
        except StateGone as error:
            progress(Note(f"a kept state was dropped by another run: {error}"))
    return from_start(boot, watched)


def _machine(boot: Boot) -> str:
    return f"{boot.topology.name} on {boot.accelerator}"


def _go_on(boot: Boot, watched: qemu.Watched, kept: states.MachineState) -> VmOutcome:
    """Raises StateRefused, StateGone, and as qemu.run_vm()."""
    run_dir = Path(boot.run_dir)
    try:
        shutil.copyfile(kept.console, run_dir / names.CONSOLE)
        watched.progress(StageStarted("boot", f"{_machine(boot)}, kept state"))
        fork = replace(boot, state=State.FORKED, ram_dir=str(kept.folder))
        return qemu.run_vm(fork, watched, kept.fork)
    except (FileNotFoundError, InfrastructureError) as error:
        if kept.folder.is_dir():
            raise
        raise StateGone("it is there no longer") from error


def _make(boot: Boot, watched: qemu.Watched, folder: Path) -> Fork | VmOutcome:
    watched.progress(StageStarted("state", _machine(boot)))
    making = replace(boot, state=State.MADE, ram_dir=str(folder))
    made = qemu.save_vm(making, watched, folder / states.DEVICES)
    shutil.copyfile(Path(boot.run_dir) / names.CONSOLE, folder / names.CONSOLE)
    return made

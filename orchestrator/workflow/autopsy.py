# SPDX-License-Identifier: GPL-2.0-only
"""What QMP told of a machine that hung or crashed, and its memory → all that is known of it.

Best effort: whatever fails is a note in what is found, and no verdict depends on it.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec
from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.edge.store import Store, cache_root
from orchestrator.model import rundir as names
from orchestrator.model.autopsy import Autopsy, Look, MemoryFacts
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import BuiltKernel
from orchestrator.model.progress import Note, Progress, StageDone, StageStarted
from orchestrator.parse.registers import CpuState, cpus_seen, five_levels, parse_registers
from orchestrator.report.document import to_json

TOTAL_S = 15.0  # with what edge.autopsy.look took, which has a limit of its own


def examine(
    run_dir: Path, kernel: BuiltKernel, keep_dump: bool, progress: Progress
) -> Autopsy | None:
    """Read what edge.autopsy.look left, and write names.AUTOPSY; None if it left nothing.

    The memory image is removed, unless it shall be kept. Whatever fails is a note.
    """
    try:
        if (run_dir / names.LOOK).is_file():
            return _examined(run_dir, kernel, keep_dump, progress)
    except Exception as error:  # a full disk, a damaged file: no verdict rests on any of it
        progress(Note(f"no autopsy: {error}"))
    with contextlib.suppress(OSError):
        (run_dir / names.DUMP).unlink(missing_ok=True)
    return None


def _examined(run_dir: Path, kernel: BuiltKernel, keep_dump: bool, progress: Progress) -> Autopsy:
    begun_s = time.monotonic()
    progress(StageStarted("autopsy", "stacks, locks, workers and memory of what ended"))
    look = msgspec.json.decode((run_dir / names.LOOK).read_bytes(), type=Look)
    samples = tuple(parse_registers(text) for text in look.samples)
    image = run_dir / names.DUMP
    try:
        facts = _memory(image, kernel, look, samples, progress) if image.is_file() else _NOTHING
    finally:
        if not keep_dump:
            image.unlink(missing_ok=True)
    found = Autopsy(
        cpus=cpus_seen(samples, facts.names, facts.tasks),
        tasks=facts.tasks,
        workers=facts.workers,
        nodes=facts.nodes,
        nmi=look.nmi,
        notes=(*look.notes, *facts.notes),
        dump=names.DUMP if image.is_file() else "",
    )
    rundir.write(run_dir, names.AUTOPSY, to_json(found))
    progress(StageDone("autopsy", time.monotonic() - begun_s))
    return found


_NOTHING = MemoryFacts({})


def _memory(
    image: Path,
    kernel: BuiltKernel,
    look: Look,
    samples: tuple[tuple[CpuState, ...], ...],
    progress: Progress,
) -> MemoryFacts:
    # Imported here: only a run that went wrong needs it.
    from orchestrator.edge.autopsy.reading import Asked, read_memory
    from orchestrator.edge.autopsy.type_info import types_object

    left_s = TOTAL_S - look.took_s
    end_s = time.monotonic() + left_s
    try:
        types = types_object(kernel, Store(cache_root()), progress, left_s)
    except OrchestrateError as error:
        return replace(_NOTHING, notes=(error.message,))
    asked = Asked(
        image=str(image),
        vmlinux=str(kernel.vmlinux),
        types=str(types),
        release=kernel.release,
        addresses=tuple(sorted({state.rip for sample in samples for state in sample})),
        five_levels=any(five_levels(text) for text in look.samples),
        arch=kernel.arch,
    )
    return read_memory(asked, max(1.0, end_s - time.monotonic()))


def kept_autopsy(run_dir: Path) -> Autopsy | None:
    """What examine() left in a run directory. Raises ValueError if it is damaged."""
    file = run_dir / names.AUTOPSY
    return msgspec.json.decode(file.read_bytes(), type=Autopsy) if file.is_file() else None

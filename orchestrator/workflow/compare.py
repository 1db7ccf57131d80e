# SPDX-License-Identifier: GPL-2.0-only
"""Base and patched kernel, side by side, until it is clear whether they differ."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.edge import host, rundir, sandbox
from orchestrator.edge.patch_files import TreeFiles
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import sweep
from orchestrator.judge.compare.claim import claimed
from orchestrator.model import rundir as names
from orchestrator.model.compare import Cell, CompareResult, Word
from orchestrator.model.errors import (
    BuildBroken,
    OrchestrateError,
    PatchBroken,
    UsageError,
)
from orchestrator.model.job import KernelConfig, Tree
from orchestrator.model.patch import PatchMail, PatchSeries
from orchestrator.model.progress import Note, Progress
from orchestrator.model.topology import Topology
from orchestrator.patch.apply import apply_series
from orchestrator.report.compare_json import compare_json
from orchestrator.report.compare_page import compare_page
from orchestrator.workflow.boot import RUNS_MIB
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.clock import Clock, now
from orchestrator.workflow.compare_cell import compare_cell
from orchestrator.workflow.compare_runs import give_shown, runs_of
from orchestrator.workflow.compare_sides import Sides
from orchestrator.workflow.inspect_build import sizes, whole_diff
from orchestrator.workflow.ready import aloud, get_tree


class CompareJob(Struct, frozen=True):
    """What `orchestrate compare` was asked.

    boot: what all runs share, without patches; its configuration and topology are replaced by
    each pair of cells. pairs: runs of both sides, at least and at most.
    """

    boot: BootJob
    series: PatchSeries
    cells: tuple[tuple[KernelConfig, Topology], ...]
    min_pairs: int = 2
    max_pairs: int = 4
    run_dir: Path | None = None


def run_compare(job: CompareJob, progress: Progress) -> CompareResult:
    """Build both, run both, and say in what they differ; files stay in the result's run_dir.

    Raises UsageError (nothing is left behind) and passes Ctrl-C on; other failures are words.
    """
    began_s = time.monotonic()
    host.require(job.boot.config.arch)
    sandbox.found()
    folder = rundir.create(job.run_dir, prefix="compare-")
    rundir.need_room(folder, RUNS_MIB, "a comparison")
    clock = Clock(progress)
    aloud(clock)
    mails = job.series.patches
    result = CompareResult(
        word=Word.UNSURE,
        title=mails[0].name if len(mails) == 1 else job.series.origin,
        claim=claimed((job.series.cover, *(mail.body for mail in mails))),
        command=job.boot.command,
        started_at=now(),
        run_dir=str(folder),
        base="",
        kernel_release="",
        patches=tuple(mail.name for mail in mails),
    )
    try:
        result = _compared(job, folder, clock, result)
    except UsageError:
        rundir.discard(folder)
        raise
    except OrchestrateError as error:
        result = replace(result, word=_word(error), error=error.message, hint=error.hint)
        if isinstance(error, BuildBroken) and error.errors:
            result = replace(result, notes=error.errors)
    except KeyboardInterrupt:
        _save(folder, replace(result, error="interrupted by the user"), clock, began_s)
        raise
    give_shown(result)
    return _save(folder, result, clock, began_s)


def _save(folder: Path, result: CompareResult, clock: Clock, began_s: float) -> CompareResult:
    """Times and notes filled in, and the files every comparison leaves."""
    result = replace(
        result,
        stages=tuple(clock.stages),
        notes=(*result.notes, *clock.notes),
        took_s=round(time.monotonic() - began_s, 2),
    )
    rundir.write(folder, names.COMPARE, compare_json(result))
    rundir.write(folder, names.PAGE, compare_page(result, runs_of(result, folder)))
    return result


def _word(error: OrchestrateError) -> Word:
    if isinstance(error, (PatchBroken, BuildBroken)):
        return Word.BROKEN
    return Word.INFRASTRUCTURE


def _compared(job: CompareJob, folder: Path, clock: Clock, result: CompareResult) -> CompareResult:
    store = Store(cache_root())
    sweep(store, clock)
    tree = get_tree(job.boot, store, clock)
    touched = _touched(job.series.patches, tree)
    c_files = tuple(path for path in touched if path.endswith(".c"))
    cells: list[Cell] = []
    for number, (config, topology) in enumerate(job.cells, start=1):
        inside = folder if len(job.cells) == 1 else folder / f"cell-{number}"
        boot = replace(job.boot, config=config, topology=topology, profile=c_files, autopsy=False)
        if len(job.cells) > 1:
            clock(Note(f"cell {number} of {len(job.cells)}: {config.label} on {topology.name}"))
        sides = Sides(boot, tree, job.series.patches, c_files, store, inside, folder)
        cell, base, head = compare_cell(sides, job.min_pairs, job.max_pairs, clock)
        cells.append(cell)
        if number == 1:
            result = replace(
                result,
                base=tree.origin,
                kernel_release=head.kernel.release,
                accelerator=head.machine,
                sizes=sizes(base.kernel, head.kernel, c_files),
                diff=whole_diff(base.kernel.src, head.kernel.src, touched),
            )
    return replace(result, cells=tuple(cells), word=_verdict(cells))


def _verdict(cells: Sequence[Cell]) -> Word:
    if any(cell.differences for cell in cells):
        return Word.DIFFERS
    return Word.SAME if cells and all(cell.proven for cell in cells) else Word.UNSURE


def _touched(mails: Sequence[PatchMail], tree: Tree) -> tuple[str, ...]:
    """Files the patches leave changed; () if they do not apply, which the build will explain."""
    files = TreeFiles(tree.path)
    try:
        applied = apply_series(mails, files.read, files.similar, files.is_link)
    except PatchBroken:
        return ()
    paths = {path for patch in applied.patches for path in patch.touched}
    return tuple(sorted(paths))

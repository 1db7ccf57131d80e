# SPDX-License-Identifier: GPL-2.0-only
"""Makes the entry of a kernel: from nothing, from another's objects, or from what was interrupted.

edge/kernel.py says what an entry holds, and why it is built where it is built.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.edge import inherit, kbuild, source_list, unfinished
from orchestrator.edge.cousins import nearest_configuration
from orchestrator.edge.derive import derive
from orchestrator.edge.doubtful import drop_doubtful
from orchestrator.edge.fingerprint import tool_versions
from orchestrator.edge.inherit import UNSEEN, Kin, Relative
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.keeping import occupied_mib
from orchestrator.edge.kernel_request import (
    KernelRequest,
    family,
    unpatched_keys,
)
from orchestrator.edge.patching import apply_patches
from orchestrator.edge.store import Store
from orchestrator.edge.unfinished import Half, Unfinished
from orchestrator.model import rundir
from orchestrator.model.arch import named
from orchestrator.model.errors import BuildBroken
from orchestrator.model.progress import Note, Progress
from orchestrator.plan import lineage, make
from orchestrator.plan.lineage import Rows


def make_entry(
    request: KernelRequest, key: str, entry: Path, store: Store, log: Path, progress: Progress
) -> None:
    kin = _kin(request, store)
    half = unfinished.half_of(store, key)
    job = _from_half(half) if half else _from_sources(request, key, entry, kin, store, log)
    src = entry / "src"
    built_at = job.facts.built_at
    with store.lock(f"building/{built_at}", progress):
        work = store.folder("building") / built_at
        unfinished.put_aside(work)
        if half:
            half.folder.rename(work)
        else:
            work.mkdir()
            src.rename(work / "src")
        try:
            if half:
                made = _go_on(request, half, work, log, progress)
            else:
                made = _build(request, job, work, log, progress)
            (work / "src").rename(src)
        except Exception:
            unfinished.forget(work)
            raise
        finally:
            if not unfinished.is_kept(work) or src.exists():
                shutil.rmtree(work, ignore_errors=True)
    shutil.copyfile(log, entry / rundir.BUILD_LOG)
    source_list.write(entry / inherit.LIST, job.rows)
    facts = {
        "release": (src / OBJ / "include/config/kernel.release").read_text().strip(),
        "warnings": made.warnings,
        "tree": request.tree.origin,
        "config": request.config.label,
        "llvm": request.config.llvm,
        "tools": tool_versions(request.config.toolchain.named),
        "unseen": UNSEEN,
        "patches": [path.name for path in request.patches],
        "family": kin.family,
        "variables": kin.variables,
        "built_at": built_at,
        "relative": made.facts.relative,
        "differing": made.facts.differing,
        "mib": occupied_mib(src / OBJ),
        "arch": request.config.arch,
    }
    (entry / inherit.FACTS).write_text(json.dumps(facts, indent=1))


def _kin(request: KernelRequest, store: Store) -> Kin:
    return Kin(
        family=family(request.config),
        variables=request.make_variables,
        unpatched=unpatched_keys(request),
        tree_rows=source_list.of_tree(request.tree, store),
        arch=named(request.config.arch),
    )


class _Job(Struct, frozen=True):
    """relative: what to start from, if anything."""

    facts: Unfinished
    rows: Rows
    relative: Relative | None = None


def _from_half(half: Half) -> _Job:
    return _Job(half.facts, half.rows)


def _from_sources(
    request: KernelRequest, key: str, entry: Path, kin: Kin, store: Store, log: Path
) -> _Job:
    """The sources are in entry/src then."""
    src = entry / "src"
    derive(request.tree.path, src)
    apply_patches(src, request.patches, log)
    rows = source_list.of_patched(src, kin.tree_rows) if request.patches else kin.tree_rows
    relative = inherit.nearest(rows, kin, store)
    if request.any_config and (relative is None or relative.change.paths):
        cousin = nearest_configuration(request, rows, kin, store)
        if cousin and (relative is None or not cousin.change.paths):
            relative = cousin
    built_at = relative.built_at if relative else kin.unpatched[-1]
    return _Job(Unfinished(key, built_at), rows, relative)


class _Made(Struct, frozen=True):
    """facts: what it started from; warnings: of all objects, whoever made them."""

    facts: Unfinished
    warnings: tuple[str, ...]


def _build(request: KernelRequest, job: _Job, work: Path, log: Path, progress: Progress) -> _Made:
    src = work / "src"
    if job.relative:
        try:
            return _build_on(job.relative, request, job, work, log, progress)
        except BuildBroken as error:
            if make.explained(error.errors):
                raise
            progress(Note(f"{error.message}: again, from nothing"))
            unfinished.forget(work)
            shutil.rmtree(src / OBJ)
    (src / OBJ).mkdir()
    kbuild.configure(request.config, src, log)
    return _run_make(request, job.facts, job.rows, work, log, progress)


def _build_on(
    relative: Relative,
    request: KernelRequest,
    job: _Job,
    work: Path,
    log: Path,
    progress: Progress,
) -> _Made:
    paths, src = relative.change.paths, work / "src"
    facts = replace(
        job.facts, relative=relative.entry.name, differing=paths, warnings=relative.warnings
    )
    progress(Note(f"starting from the objects of a kernel; files that differ: {len(paths)}"))
    inherit.take_over(relative, src, OBJ, job.rows)
    if relative.same:
        with log.open("a") as file:
            file.write(f"kernel {relative.entry.name} has the same sources: its objects\n")
        return _Made(facts, relative.warnings)
    if not (relative.configured and lineage.same_configuration(relative.change)):
        kbuild.configure(request.config, src, log)
    return _run_make(request, facts, job.rows, work, log, progress)


def _go_on(request: KernelRequest, half: Half, work: Path, log: Path, progress: Progress) -> _Made:
    """With what was interrupted, in its old place."""
    progress(Note(f"going on with the build interrupted at {half.when}"))
    gone = drop_doubtful(work / "src" / OBJ, half.interrupted_at)
    printed = unfinished.output(work)
    with log.open("a") as file:
        file.writelines(f"{line}\n" for line in printed)
        file.write(f"interrupted at {half.when}; files made again in any case: {len(gone)}\n")
    try:
        return _run_make(request, half.facts, half.rows, work, log, progress)
    except BuildBroken as error:
        if make.explained(error.errors):
            raise
        progress(Note(f"{error.message}: again, from nothing"))
        unfinished.forget(work)
        shutil.rmtree(work / "src" / OBJ)
        return _build(request, _Job(_plain(half.facts), half.rows), work, log, progress)


def _plain(facts: Unfinished) -> Unfinished:
    return Unfinished(facts.key, facts.built_at)


def _run_make(
    request: KernelRequest, facts: Unfinished, rows: Rows, work: Path, log: Path, progress: Progress
) -> _Made:
    """What it says here was said by earlier parts of the same build, too."""
    unfinished.begin(work, facts, rows)
    said = unfinished.OUTPUT
    kbuild.build(work / "src", request, log, work / said, progress)
    lines = unfinished.output(work)
    earlier = make.still_true(facts.warnings, lines, frozenset(facts.differing))
    return _Made(facts, make.warnings([*earlier, *lines]))

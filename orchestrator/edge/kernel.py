# SPDX-License-Identifier: GPL-2.0-only
"""Configures and builds kernels, and keeps them by content.

An entry kernels/<key>/ holds src/, the sources as built (hard links to the tree, except what
patches replaced), and src/build/, the objects. A kernel starts from the objects of the one in
the store that differs least (edge/inherit.py): a patched one from the unpatched, or from that
with one patch less; a tree from what it was before. Then it costs what differs. For that, it is
built at the path they were built at, building/<name>/: objtool's makefiles record absolute
paths, and everything is made again when objtool is. So such builds wait for each other.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.config.fragments import allconfig
from orchestrator.edge import inherit, kbuild, seal, source_list
from orchestrator.edge.derive import derive
from orchestrator.edge.fingerprint import digest, toolchain_digest
from orchestrator.edge.inherit import Kin, Relative
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.keeping import occupied_mib, trim
from orchestrator.edge.patching import apply_patches, patch_digest
from orchestrator.edge.store import Store, need_space
from orchestrator.model import rundir
from orchestrator.model.errors import BuildBroken
from orchestrator.model.job import BuiltKernel, KernelConfig, Tree
from orchestrator.model.progress import Note, Progress, StageDone, StageStarted
from orchestrator.plan import lineage, make
from orchestrator.plan.lineage import Rows

NEED_MIB = 1500  # objects of a debug configuration, and room to link
KEPT_MIB = 20 << 10  # of all kernels together
UNKNOWN_MIB = 300  # of one whose size was not written down
SEALED = (
    inherit.FACTS,
    *(f"src/{OBJ}/{name}" for name in ("vmlinux", ".config", "Module.symvers")),
)
_LAYOUT = "3"  # part of every key: raise it when an entry's layout changes


@dataclass(frozen=True)
class KernelRequest:
    """What one kernel depends on. jobs: make -j, does not change the result."""

    tree: Tree
    config: KernelConfig
    patches: tuple[Path, ...] = ()
    make_variables: tuple[str, ...] = ()
    jobs: int = 0


def kernel_key(request: KernelRequest) -> str:
    """The content key: tree state, patches, configuration, toolchain."""
    return digest(
        _LAYOUT,
        request.tree.key,
        patch_digest(request.patches),
        allconfig(request.config),
        _toolchain(),
        *request.make_variables,
    )


def _toolchain() -> str:
    return toolchain_digest({"CC": "gcc", "ARCH": "x86_64"})


def build_kernel(
    request: KernelRequest, store: Store, log: Path, progress: Progress
) -> BuiltKernel:
    """The built kernel, from the store or made now; `log` gets the whole build log.

    Raises PatchBroken, BuildBroken (with the first compiler errors), UsageError for a lost
    option, InfrastructureError for the host's failures.
    """
    key = kernel_key(request)
    start = time.monotonic()
    progress(StageStarted("build", f"{request.tree.release} {request.config.label}"))

    def make_entry(entry: Path) -> None:
        need_space(entry, NEED_MIB, "a kernel build")
        _make_entry(request, entry, store, log, progress)

    seal.drop_damaged(store, "kernels", key, SEALED, progress)
    _, cached = store.entry("kernels", key, make_entry, progress)
    if not cached:
        gone = trim(store.folder("kernels"), KEPT_MIB, _recorded_mib, keep=key)
        if gone:
            progress(Note(f"{len(gone)} kernels that were not used for long had to make room"))
    kernel = replace(load(store, key), cached=cached)
    if cached:
        shutil.copyfile(kernel.log, log)
    detail = f"{kernel.release}, {len(kernel.warnings)} warnings"
    progress(StageDone("build", time.monotonic() - start, cached, detail))
    return kernel


def _recorded_mib(entry: Path) -> int:
    return int(json.loads((entry / inherit.FACTS).read_text()).get("mib", UNKNOWN_MIB))


def load(store: Store, key: str) -> BuiltKernel:
    """One that is in the store. Raises OSError if it is not."""
    entry = store.folder("kernels") / key
    facts = json.loads((entry / inherit.FACTS).read_text())
    obj = entry / "src" / OBJ
    return BuiltKernel(
        key=key,
        release=facts["release"],
        src=entry / "src",
        obj=obj,
        vmlinux=obj / "vmlinux",
        config=obj / ".config",
        log=entry / rundir.BUILD_LOG,
        cached=True,
        warnings=tuple(facts["warnings"]),
        relative=facts.get("relative", ""),
        differing=tuple(facts.get("differing", ())),
    )


def _make_entry(
    request: KernelRequest, entry: Path, store: Store, log: Path, progress: Progress
) -> None:
    src = entry / "src"
    derive(request.tree.path, src)
    apply_patches(src, request.patches, log)
    kin = _kin(request, store)
    rows = source_list.of_patched(src, kin.tree_rows) if request.patches else kin.tree_rows
    relative = inherit.nearest(rows, kin, store)
    built_at = relative.built_at if relative else kin.unpatched[-1]
    with store.lock(f"building/{built_at}", progress):
        work = store.folder("building") / built_at
        shutil.rmtree(work, ignore_errors=True)  # left by one that was killed
        work.mkdir()
        try:
            src.rename(work / "src")
            made = _build(request, relative, rows, work / "src", log, progress)
            (work / "src").rename(src)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    shutil.copyfile(log, entry / rundir.BUILD_LOG)
    source_list.write(entry / inherit.LIST, rows)
    facts = {
        "release": (src / OBJ / "include/config/kernel.release").read_text().strip(),
        "warnings": made.warnings,
        "tree": request.tree.origin,
        "config": request.config.label,
        "patches": [path.name for path in request.patches],
        "family": kin.family,
        "variables": kin.variables,
        "built_at": built_at,
        "relative": made.relative.entry.name if made.relative else "",
        "differing": made.relative.change.paths if made.relative else (),
        "mib": occupied_mib(src / OBJ),
    }
    (entry / inherit.FACTS).write_text(json.dumps(facts, indent=1))
    seal.write(entry, seal.names(entry, SEALED))


def _kin(request: KernelRequest, store: Store) -> Kin:
    unpatched = replace(request, patches=())
    plain = replace(unpatched, make_variables=())
    return Kin(
        family=digest(_LAYOUT, allconfig(request.config), _toolchain()),
        variables=request.make_variables,
        unpatched=tuple(dict.fromkeys(map(kernel_key, (unpatched, plain)))),
        tree_rows=source_list.of_tree(request.tree, store),
    )


@dataclass(frozen=True)
class _Made:
    """relative: what it started from; warnings: of all objects, whoever made them."""

    relative: Relative | None
    warnings: tuple[str, ...]


def _build(
    request: KernelRequest,
    relative: Relative | None,
    rows: Rows,
    src: Path,
    log: Path,
    progress: Progress,
) -> _Made:
    if relative:
        try:
            return _build_on(relative, request, rows, src, log, progress)
        except BuildBroken as error:
            if make.explained(error.errors):
                raise
            progress(Note(f"{error.message}: again, from nothing"))
            shutil.rmtree(src / OBJ)
    (src / OBJ).mkdir()
    kbuild.configure(request.config, src, log)
    lines = kbuild.build(src, request.make_variables, request.jobs, log, progress)
    return _Made(None, make.warnings(lines))


def _build_on(
    relative: Relative,
    request: KernelRequest,
    rows: Rows,
    src: Path,
    log: Path,
    progress: Progress,
) -> _Made:
    paths = relative.change.paths
    progress(Note(f"starting from the objects of a kernel; files that differ: {len(paths)}"))
    inherit.take_over(relative, src, OBJ, rows)
    if relative.same:
        with log.open("a") as file:
            file.write(f"kernel {relative.entry.name} has the same sources: its objects\n")
        return _Made(relative, relative.warnings)
    if not lineage.same_configuration(relative.change):
        kbuild.configure(request.config, src, log)
    lines = kbuild.build(src, request.make_variables, request.jobs, log, progress)
    earlier = make.still_true(relative.warnings, lines, frozenset(paths))
    return _Made(relative, make.warnings([*earlier, *lines]))

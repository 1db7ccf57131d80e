# SPDX-License-Identifier: GPL-2.0-only
"""Configures and builds kernels, and keeps them by content.

An entry kernels/<key>/ holds src/, the sources as built (hard links to the tree, except what
patches replaced), and src/build/, the objects. A kernel starts from the objects of the one in
the store that differs least (edge/inherit.py): a patched one from the unpatched, or from that
with one patch less; a tree from what it was before. Then it costs what differs. For that, it is
built at the path they were built at, building/<name>/: objtool's makefiles record absolute
paths, and everything is made again when objtool is. So such builds wait for each other.

A build that is interrupted once make runs is gone on with by the next (edge/unfinished.py).
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import inherit, inputs, seal
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.keeping import trim
from orchestrator.edge.kernel_request import KernelRequest, kernel_inputs, kernel_key
from orchestrator.edge.store import Store, need_space
from orchestrator.model import rundir
from orchestrator.model.arch import ARCHES, DEFAULT
from orchestrator.model.job import BuiltKernel
from orchestrator.model.progress import Note, Progress, StageDone, StageStarted

NEED_MIB = 1500  # objects of a debug configuration, and room to link
KEPT_MIB = 20 << 10  # of all kernels together, half-built ones as well
UNKNOWN_MIB = 300  # of one whose size was not written down
SEALED = (
    inherit.FACTS,
    *(f"src/{OBJ}/{name}" for name in ("vmlinux", ".config", "Module.symvers")),
    *(f"src/{OBJ}/{arch.image}" for arch in ARCHES.values() if arch.image != "vmlinux"),
)


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

    def make(entry: Path) -> None:
        # Loaded here: a kernel that is in the store needs none of it.
        from orchestrator.edge.kernel_make import make_entry

        need_space(entry, NEED_MIB, "a kernel build")
        make_entry(request, key, entry, store, log, progress)
        seal.write(entry, seal.names(entry, SEALED))

    seal.drop_damaged(store, "kernels", key, SEALED, progress)
    entry, cached = store.entry("kernels", key, make, progress)
    if not (entry / inputs.FILE).exists():
        patched = f" with {len(request.patches)} patches" if request.patches else ""
        origin = f"{request.config.label} of {request.tree.origin}{patched}"
        inputs.keep(entry, kernel_inputs(request), origin)
    if not cached:
        from orchestrator.edge import unfinished

        halves = tuple(unfinished.halves(store))
        gone = trim(store.folder("kernels"), KEPT_MIB, _taken_mib, keep=key, beside=halves)
        if gone:
            progress(Note(f"{len(gone)} kernels that were not used for long had to make room"))
    kernel = replace(load(store, key), cached=cached)
    if cached:
        shutil.copyfile(kernel.log, log)
    detail = f"{kernel.release}, {len(kernel.warnings)} warnings"
    progress(StageDone("build", time.monotonic() - start, cached, detail))
    return kernel


def _taken_mib(entry: Path) -> int:
    from orchestrator.edge import unfinished

    if unfinished.is_kept(entry):
        return unfinished.own_mib(entry)
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
        llvm=facts.get("llvm", ""),
        tools=tuple((str(name), str(version)) for name, version in facts.get("tools", ())),
        arch=facts.get("arch", DEFAULT),
    )

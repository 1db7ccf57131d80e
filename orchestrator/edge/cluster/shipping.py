# SPDX-License-Identifier: GPL-2.0-only
"""What boots and builds need, as artefacts: the smallest part of a kernel that boots, a tree.

A kernel's entry of the store is its sources and objects, gigabytes; a boot reads its image, its
configuration, its modules, one header of its tree, and the types that an autopsy asks for. So
these alone travel, into entries of their own kind (shipped/SHA256): nothing takes them for a
kernel that another could be built from.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import seal
from orchestrator.edge.autopsy.type_info import types_key, types_object
from orchestrator.edge.cluster.artefacts import Artefacts, fetched
from orchestrator.edge.cluster.pack import pack, unpack
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.keeping import occupied_mib, trim
from orchestrator.edge.store import Store, need_space
from orchestrator.model import rundir
from orchestrator.model.cluster import Artefact
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import BuiltKernel, BuiltModule, Tree
from orchestrator.model.progress import Progress

HEADER = "include/linux/kthread.h"  # of the tree, which plans are made by
_TYPES_S = 20.0
_KEPT_MIB = 20 << 10  # of all that was shipped here
_MOST_KERNEL = 4 << 30
_MOST_TREE = 16 << 30
_TREE = "tree"


def ship_kernel(
    tree: Tree,
    kernel: BuiltKernel,
    module: BuiltModule,
    store: Store,
    place: Artefacts,
    progress: Progress,
) -> Artefact:
    """Bring what a boot needs to the place. Raises InfrastructureError, OSError."""

    def files() -> Mapping[str, Path]:
        found = {
            f"kernel/src/{OBJ}/vmlinux": kernel.vmlinux,
            f"kernel/src/{OBJ}/.config": kernel.config,
            f"kernel/{rundir.BUILD_LOG}": kernel.log,
            f"{_TREE}/{HEADER}": tree.path / HEADER,
        }
        for file in kernel.obj.rglob("*.ko"):
            found[f"kernel/src/{OBJ}/{file.relative_to(kernel.obj)}"] = file
        for file in (module.core, *(path for _, path in module.suites)):
            found[f"module/{file.name}"] = file
        with contextlib.suppress(OrchestrateError):  # then an autopsy says less
            types = types_object(kernel, store, progress, _TYPES_S)
            found[f"types/{types.name}"] = types
        return found

    return _shipped(f"kernel-{kernel.key}-{module.key}", files, store, place, ages=False)


def ship_tree(tree: Tree, store: Store, place: Artefacts) -> Artefact:
    """Bring a source tree to the place. The same."""

    def files() -> Mapping[str, Path]:
        return {path.name: path for path in tree.path.iterdir()}

    return _shipped(f"tree-{tree.key}", files, store, place, ages=True)


def _shipped(
    name: str,
    files: Callable[[], Mapping[str, Path]],
    store: Store,
    place: Artefacts,
    ages: bool,
) -> Artefact:
    """Packing is remembered: what is at the place is not packed again."""
    memo = store.folder("packed") / f"{name}.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        known = Artefact(**json.loads(memo.read_text()))
        if place.has(known):
            return known
    with tempfile.TemporaryDirectory(prefix="pack-", dir=store.folder("packed")) as folder:
        archive = Path(folder) / "archive"
        pack(files(), archive, ages=ages)
        artefact = place.put(archive)
        partial = Path(folder) / "memo"
        partial.write_text(json.dumps({"sha256": artefact.sha256, "size": artefact.size}))
        partial.rename(memo)
    return artefact


def received_kernel(
    artefact: Artefact,
    tree: Tree,
    kernel: BuiltKernel,
    module: BuiltModule,
    store: Store,
    place: Artefacts,
    progress: Progress,
) -> tuple[Tree, BuiltKernel, BuiltModule]:
    """The same three as they are here, fetched if need be. Raises InfrastructureError."""
    folder = _received("shipped", artefact.sha256, artefact, _MOST_KERNEL, store, place, progress)
    types = folder / "types" / "types.o"
    src = folder / "kernel" / "src"
    here = replace(
        kernel,
        src=src,
        obj=src / OBJ,
        vmlinux=src / OBJ / "vmlinux",
        config=src / OBJ / ".config",
        log=folder / "kernel" / rundir.BUILD_LOG,
        cached=True,
    )
    if types.is_file():
        store.entry("types", types_key(here), lambda entry: _link(types, entry), progress)
    modules = folder / "module"
    suites = tuple((suite, modules / path.name) for suite, path in module.suites)
    own = replace(module, core=modules / module.core.name, suites=suites, cached=True)
    return replace(tree, path=folder / _TREE), here, own


def received_tree(
    artefact: Artefact, tree: Tree, store: Store, place: Artefacts, progress: Progress
) -> Tree:
    """A tree of the store, fetched if it was not there."""
    folder = store.folder("trees") / tree.key
    if not folder.is_dir():
        folder = _received("trees", tree.key, artefact, _MOST_TREE, store, place, progress)
    return replace(tree, path=folder)


def _link(types: Path, entry: Path) -> None:
    (entry / types.name).write_bytes(types.read_bytes())


def _received(
    kind: str,
    key: str,
    artefact: Artefact,
    most: int,
    store: Store,
    place: Artefacts,
    progress: Progress,
) -> Path:
    def make(entry: Path) -> None:
        need_space(entry, 4 * artefact.size >> 20, "an artefact")
        with fetched(place, artefact, store.folder("packed")) as archive:
            unpack(archive, entry, most)
        if kind == "shipped":
            every = [path for path in entry.rglob("*") if path.is_file()]
            seal.write(entry, [str(path.relative_to(entry)) for path in every])

    if kind == "shipped":
        seal.drop_damaged(store, kind, key, (), progress)
    entry, cached = store.entry(kind, key, make, progress)
    if kind == "shipped" and not cached:
        trim(store.folder(kind), _KEPT_MIB, occupied_mib, keep=key)
    return entry

# SPDX-License-Identifier: GPL-2.0-only
"""Builds kmod/ against a built kernel, and checks before the boot that it will load."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from orchestrator.config.assets import asset_dir
from orchestrator.config.suites import suites_in
from orchestrator.edge import inputs, seal
from orchestrator.edge.fingerprint import digest, named_digests
from orchestrator.edge.kbuild import blame_host, compiler, run_make
from orchestrator.edge.kernel import load
from orchestrator.edge.module_options import unseen_by
from orchestrator.edge.store import Store
from orchestrator.model.errors import BuildBroken
from orchestrator.model.inputs import Input
from orchestrator.model.job import BuiltKernel, BuiltModule, Suite, Tree
from orchestrator.model.progress import Progress, StageDone, StageStarted
from orchestrator.plan import make

_TOUCHED = re.compile(r"^(?:---|\+\+\+) (?!/dev/null)(?:[ab]/)?(\S+)", re.MULTILINE)
_RENAMED = re.compile(r"^rename (?:from|to) (\S+)", re.MULTILINE)
# C files that make headers or the tools a module is built with, and what comes of the first.
_MAKERS = re.compile(r"(?:include|scripts|tools)/.*|(?:.*/)?(?:bounds|(?:asm|rq)-offsets)\.c")
SEALED = ("*.ko",)
_SYMVERS = "Module.symvers"
_SOURCES = ("Kbuild", "*.c", "*.h")


def build_module(
    kernel: BuiltKernel,
    store: Store,
    log: Path,
    progress: Progress,
    extra: tuple[Path, ...] = (),
    own: tuple[Path, ...] = (),
) -> BuiltModule:
    """Core module and suites, from the store, made for the kernel's relative, or made now.

    extra: folders with further suites (*_test.c), built beside kmod/'s own. own: modules of the
    user's, built before, whose exports (Module.symvers beside them) suites may use. Raises
    BuildBroken if they don't compile or would not load.
    """
    start = time.monotonic()
    folders = (asset_dir("kmod"), *extra)
    files = [file for folder in folders for glob in _SOURCES for file in sorted(folder.glob(glob))]
    parts = named_digests(files)
    symbols = [file for file in dict.fromkeys(ko.parent / _SYMVERS for ko in own) if file.is_file()]
    # What the preflight looks at is part of the key, too.
    brought = named_digests([*symbols, *own])
    key = digest(kernel.key, *parts, *brought)
    found = suites_in(*folders)
    progress(StageStarted("module", f"for {kernel.release}"))

    def make_entry(entry: Path) -> None:
        twin = None if own else _twin(kernel, parts, store)
        if twin:
            shutil.copytree(twin, entry, dirs_exist_ok=True, symlinks=True)
            (entry / inputs.FILE).unlink(missing_ok=True)  # the twin's
            seal.write(entry, seal.names(entry, SEALED))
            return
        for file in files:
            if file.parent == folders[0] or file.name != "Kbuild":
                shutil.copyfile(file, entry / file.name)
        for number, file in enumerate(symbols):
            shutil.copyfile(file, entry / f"own-{number}.symvers")
            with (entry / "Kbuild").open("a") as kbuild:
                kbuild.write(f"KBUILD_EXTRA_SYMBOLS += $(src)/own-{number}.symvers\n")
        _make(kernel, entry, log)
        # Imported here: a module that is in the store was looked at when it was made.
        from orchestrator.edge.preflight import preflight

        preflight(kernel, replace(_module(key, entry, found, cached=False), own=own))
        seal.write(entry, seal.names(entry, SEALED))

    seal.drop_damaged(store, "modules", key, SEALED, progress)
    entry, cached = store.entry("modules", key, make_entry, progress)
    if not (entry / inputs.FILE).exists():
        named = (Input("sources", *part.rsplit(":", 1)) for part in (*parts, *brought))
        what = (Input("kernel", "", kernel.key), *named)
        inputs.keep(entry, what, f"suites for {kernel.release}")
    module = replace(_module(key, entry, found, cached), own=own)
    progress(StageDone("module", time.monotonic() - start, cached, f"{len(found)} suites"))
    return module


def _module(key: str, entry: Path, suites: tuple[Suite, ...], cached: bool) -> BuiltModule:
    built = tuple((suite, entry / f"{suite.module}.ko") for suite in suites)
    return BuiltModule(key, entry / "orch_core.ko", built, cached)


def _make(kernel: BuiltKernel, entry: Path, log: Path) -> None:
    errors = make_modules(kernel, entry, log)
    if errors:
        raise BuildBroken(
            f"the test module does not build against this kernel: {make.headline(errors)}",
            "did the patch change or stop exporting what kmod/ uses?",
            log,
            errors,
        )


def make_modules(kernel: BuiltKernel, folder: Path, log: Path) -> tuple[str, ...]:
    """Build what a folder's Kbuild names; what explains that it failed, () if it did not.

    Raises InfrastructureError if the host is to blame.
    """
    jobs = os.cpu_count() or 1
    tools = kernel.toolchain
    src, obj = str(kernel.src), str(kernel.obj)
    argv = make.module_argv(src, obj, str(folder), jobs, compiler(tools), tools)
    done = run_make(argv, folder, folder, log, reads=(kernel.src,), toolchain=tools, timeout_s=1800)
    if done.returncode == 0:
        return ()
    lines = done.output.splitlines()
    blame_host(lines, log)
    return make.first_errors(lines) or (f"make ended with {done.returncode}",)


def fits(
    base: BuiltKernel, head: BuiltKernel, patches: Sequence[Path], differing: Sequence[str] = ()
) -> bool:
    """Is a module built for base, byte for byte, what would be built for head?

    differing: files in which the sources differ besides, without the patches.

    So it is if the patches change nothing but C files, which modules don't include, none of
    those has a part in building modules, and the kernels export the same (Module.symvers) under
    the same release and configuration.
    """
    texts = [patch.read_text(errors="replace") for patch in patches]
    touched = [
        path for text in texts for path in (*_TOUCHED.findall(text), *_RENAMED.findall(text))
    ]
    all_touched = (*touched, *differing)
    same = bool(all_touched) and _exports_as(base, head, all_touched)
    return same and _same(base.config, head.config)


def _twin(kernel: BuiltKernel, parts: Sequence[str], store: Store) -> Path | None:
    """The same, made for the kernel whose objects this one started from, or for that one's own.

    A kernel may have no module: one that was compared took base's.
    """
    younger = kernel
    while younger.relative:
        try:
            older = load(store, younger.relative)
            if not _exports_as(older, kernel, younger.differing):
                return None
            made = store.folder("modules") / digest(older.key, *parts)
            if made.is_dir():
                return made if unseen_by(made, older, kernel) else None
        except OSError:  # `clean` has removed it
            return None
        younger = older
    return None


def _exports_as(base: BuiltKernel, head: BuiltKernel, touched: Sequence[str]) -> bool:
    """All but the configuration."""
    return (
        all(path.endswith(".c") and not _MAKERS.fullmatch(path) for path in touched)
        and base.release == head.release
        and _same(base.obj / "Module.symvers", head.obj / "Module.symvers")
    )


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def promises_affinity(tree: Tree) -> bool:
    """Does this tree, before any patch, keep a kthread created for a node on its CPUs?

    It does since kthread_affine_preferred() came in (6.14). Before, the node meant memory.
    """
    header = (tree.path / "include/linux/kthread.h").read_text(errors="replace")
    return re.search(r"\bkthread_affine_preferred\b", header) is not None

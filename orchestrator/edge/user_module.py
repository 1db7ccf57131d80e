# SPDX-License-Identifier: GPL-2.0-only
"""Modules of the user's own, built against a kernel of ours, by content."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from orchestrator.edge import seal
from orchestrator.edge.fingerprint import digest, named_digests
from orchestrator.edge.kmod import make_modules
from orchestrator.edge.store import Store
from orchestrator.model.errors import BuildBroken, UsageError
from orchestrator.model.job import BuiltKernel
from orchestrator.model.progress import Progress, StageDone, StageStarted
from orchestrator.plan.make import headline

_KBUILD = ("Kbuild", "Makefile")  # in kbuild's own order (scripts/Makefile.build)
_SOURCES = ("*.c", "*.h", "*.S")
BUILD_LOG = "build.log"


def build_user_module(kernel: BuiltKernel, source: Path, store: Store, progress: Progress) -> Path:
    """The .ko of a C file, or of a folder with a Kbuild, a Makefile or one C file.

    As build_user_modules(). Raises UsageError if not one module comes of it.
    """
    made = build_user_modules(kernel, source, store, progress)
    if len(made) != 1:
        names = ", ".join(path.name for path in made) or "none"
        raise UsageError(f"{source} makes {len(made)} modules ({names})", "name one C file of it")
    return made[0]


def build_user_modules(
    kernel: BuiltKernel, source: Path, store: Store, progress: Progress
) -> tuple[Path, ...]:
    """The .ko files of it, as its Kbuild lists them; Module.symvers lies beside them.

    Nothing is written beside the sources. Raises UsageError if there is no such source,
    BuildBroken if it does not build.
    """
    files = _files(source)
    key = digest(kernel.key, *named_digests(files))
    begun_s = time.monotonic()
    progress(StageStarted("module", f"{source.name} for {kernel.release}"))

    def make_entry(entry: Path) -> None:
        for file in files:
            shutil.copyfile(file, entry / file.name)
        if not any((entry / name).exists() for name in _KBUILD):
            names = [f"{file.stem}.o" for file in files if file.suffix == ".c"]
            (entry / "Kbuild").write_text(f"obj-m := {' '.join(names)}\n")
        log = entry / BUILD_LOG
        errors = make_modules(kernel, entry, log)
        if errors:
            raise BuildBroken(
                f"{source} does not build against {kernel.release}: {headline(errors)}",
                errors=errors,
            )
        seal.write(entry, seal.names(entry, ("*.ko",)))

    seal.drop_damaged(store, "modules", key, ("*.ko",), progress)
    entry, cached = store.entry("modules", key, make_entry, progress)
    progress(StageDone("module", time.monotonic() - begun_s, cached, source.name))
    return _in_order(entry)


def _in_order(entry: Path) -> tuple[Path, ...]:
    """modules.order names objects, .o since 6.4 and .ko before, in any folder."""
    made = {path.stem: path for path in sorted(entry.glob("*.ko"))}
    order = entry / "modules.order"
    listed = order.read_text().split() if order.is_file() else []
    names = [stem for line in listed if (stem := Path(line).stem) in made]
    return tuple(made[name] for name in dict.fromkeys((*names, *made)))


def _files(source: Path) -> list[Path]:
    if source.is_file() and source.suffix == ".c":
        return [source, *sorted(source.parent.glob("*.h"))]
    if not source.is_dir():
        raise UsageError(f"no module sources at {source}", "name a C file, or a folder of them")
    files = [source / name for name in _KBUILD if (source / name).is_file()]
    files += [file for glob in _SOURCES for file in sorted(source.glob(glob))]
    if not any(file.suffix == ".c" for file in files):
        raise UsageError(f"no C file in {source}", "name a C file, or a folder of them")
    return files

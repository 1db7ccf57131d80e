# SPDX-License-Identifier: GPL-2.0-only
"""drgn on a guest's memory: what a run kept of it, or what a guest has that runs now."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from orchestrator.edge import rundir, sandbox
from orchestrator.edge.autopsy.console import ENV, Wanted
from orchestrator.edge.autopsy.reading import Asked, python_env, python_folders
from orchestrator.edge.autopsy.type_info import types_object
from orchestrator.edge.debug import hands, images, monitor
from orchestrator.edge.store import Store, cache_root, need_space
from orchestrator.edge.sweep import socket_folder
from orchestrator.model import rundir as names
from orchestrator.model.arch import named
from orchestrator.model.autopsy import Look
from orchestrator.model.errors import UsageError
from orchestrator.model.job import BuiltKernel
from orchestrator.model.progress import Note, Progress
from orchestrator.parse.registers import five_levels
from orchestrator.report.document import to_json
from orchestrator.workflow.debug_subject import built, subject

TYPES_S = 60.0
DUMP_MIB = 600  # more than any of our guests has in use; pages of zeros are left out
_READER = ("-P", "-m", "orchestrator.edge.autopsy.console")
KEEP = "boot it with --keep-dump, which keeps that of a guest that hangs or crashes"


class Image(Struct, frozen=True):
    """A guest's memory. levels: page tables have five of them."""

    file: Path
    kernel: BuiltKernel
    modules: dict[str, Path]
    levels: bool


def run_drgn(name: str, code: str, script: tuple[str, ...], progress: Progress) -> int:
    """drgn's exit code. code: to be run; script: a file and its arguments; neither: the user
    types. Raises UsageError, InfrastructureError."""
    store = Store(cache_root())
    image = _live(name, store, progress) or _kept(rundir.find(name), store)
    whole = images.has_types(image.kernel)
    types = "" if whole else str(types_object(image.kernel, store, progress, TYPES_S))
    notes = () if whole else (
        "the kernel has no debug info with all types: structures of tasks, kthreads, workers, "
        "modules and nodes are known; --config ...,gdb builds all in",
    )  # fmt: skip
    warning = sandbox.warning()
    for note in (*notes, *((warning,) if warning else ())):
        progress(Note(note))
    asked = Asked(
        image=str(image.file),
        vmlinux=str(image.kernel.vmlinux),
        types=types,
        release=image.kernel.release,
        addresses=(),
        five_levels=image.levels,
        arch=image.kernel.arch,
    )
    files = tuple(map(str, image.modules.values()))
    wanted = Wanted(asked, code, script, files if whole else ())
    reads = [image.file, image.kernel.src, *map(Path, python_folders()), *map(Path, files)]
    reads += [Path(text) for text in (types, *script[:1]) if text]
    with socket_folder() as folder:
        told = Path(folder) / "wanted.json"
        told.write_text(to_json(wanted))
        return hands.run(
            [sys.executable, *_READER],
            reads=(told, *reads),
            writes=(),
            env={ENV: str(told), **python_env()},
            talk=not (code or script),
        )


def _live(name: str, store: Store, progress: Progress) -> Image | None:
    found = monitor.find(name)
    if found is None:
        return None
    run_dir, there = found
    kernel, modules = built(there.keys, store, "leave it and boot again")
    need_space(run_dir, DUMP_MIB, "the guest's memory")
    text = monitor.dumped(run_dir, there, named(kernel.arch))
    progress(Note(f"the memory of {run_dir.name} as it is now: {run_dir / names.DUMP}"))
    return Image(run_dir / names.DUMP, kernel, modules, five_levels(text))


def _kept(run_dir: Path, store: Store) -> Image:
    file = run_dir / names.DUMP
    if not file.is_file():
        raise UsageError(f"{run_dir} has no memory image, and its guest does not run", KEEP)
    run = subject(run_dir, store)
    try:
        look = msgspec.json.decode((run_dir / names.LOOK).read_bytes(), type=Look)
    except (OSError, ValueError) as error:
        raise UsageError(f"{run_dir / names.LOOK} cannot be read: {error}", KEEP) from error
    return Image(file, run.kernel, run.modules, any(map(five_levels, look.samples)))

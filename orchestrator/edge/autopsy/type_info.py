# SPDX-License-Identifier: GPL-2.0-only
"""The structures of a kernel that has no debug info, for drgn: one small object with it.

Debug info for the whole kernel would double the time of a build; this takes two seconds, once a
kernel, and only if a guest of it hung.
"""

from __future__ import annotations

from pathlib import Path

from orchestrator.config.assets import data_dir
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.recompile import compile_like
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltKernel
from orchestrator.model.progress import Progress

_LIKE = "kernel/kthread.c"
_OPTIONS = ("-g", "-fno-eliminate-unused-debug-types", "-w")


def types_object(kernel: BuiltKernel, store: Store, progress: Progress, timeout_s: float) -> Path:
    """The object, from the store or made now. Raises InfrastructureError, with the compiler's
    first error if this tree's headers are not as we think."""
    source = data_dir("autopsy") / "types.c"

    def make(folder: Path) -> None:
        failed = compile_like(kernel, _LIKE, source, folder / "types.o", _OPTIONS, timeout_s)
        if failed:
            raise InfrastructureError(f"the kernel's structures are not known: {failed}")

    folder, _ = store.entry("types", types_key(kernel), make, progress)
    return folder / "types.o"


def types_key(kernel: BuiltKernel) -> str:
    """Of the entry of kind "types"."""
    source = data_dir("autopsy") / "types.c"
    return digest(kernel.key, source.read_bytes(), *_OPTIONS)

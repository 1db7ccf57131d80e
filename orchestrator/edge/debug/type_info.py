# SPDX-License-Identifier: GPL-2.0-only
"""The structures of a kernel that has no debug info, for gdb.

As edge/autopsy/type_info.py has them for drgn, but without the functions that come along: gdb
would find each of them twice. So they are thrown away by the linker, which has them begin at 0
then, and gdb knows that for none (dwarf2_get_pc_bounds() in gdb/dwarf2/read.c).
"""

from __future__ import annotations

from pathlib import Path

from orchestrator.config.assets import data_dir
from orchestrator.edge import sandbox
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.outputs import check_plain
from orchestrator.edge.recompile import compile_like
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltKernel
from orchestrator.model.progress import Progress

_LIKE = "kernel/kthread.c"
_OPTIONS = ("-g", "-fno-eliminate-unused-debug-types", "-ffunction-sections", "-fdata-sections",
            "-w")  # fmt: skip
_LINK = ("ld", "--entry=0", "--gc-sections", "--undefined=orch_types",
         "--unresolved-symbols=ignore-all", "-w", "-z", "noexecstack")  # fmt: skip
NAME = "types.elf"


def debug_types(kernel: BuiltKernel, store: Store, progress: Progress, timeout_s: float) -> Path:
    """The file, from the store or made now in two seconds. Raises InfrastructureError."""
    source = data_dir("autopsy") / "types.c"

    def make(folder: Path) -> None:
        made = folder / "types.o"
        failed = compile_like(kernel, _LIKE, source, made, _OPTIONS, timeout_s)
        if not failed:
            words = [*_LINK, "-o", str(folder / NAME), str(made)]
            done = sandbox.run(words, cwd=folder, writes=(folder,), timeout_s=timeout_s)
            check_plain(folder, folder)
            failed = done.output.strip().partition("\n")[0] if done.returncode else ""
        made.unlink(missing_ok=True)
        if failed:
            raise InfrastructureError(f"the kernel's structures are not known: {failed}")

    folder, _ = store.entry("types", digest(kernel.key, source.read_bytes(), *_OPTIONS, *_LINK),
                            make, progress)  # fmt: skip
    return folder / NAME

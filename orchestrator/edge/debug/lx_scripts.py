# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own gdb commands (lx-ps, lx-dmesg, ...), from scripts/gdb of its tree.

`make scripts_gdb` would write to a kernel that is kept, and link to where it was built. What it
does is a folder with these scripts and constants.py, which is made here the same way.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestrator.edge.outputs import check_plain
from orchestrator.edge.recompile import compile_like
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import BuiltKernel

START = "vmlinux-gdb.py"
_LIKE = "kernel/kthread.c"
_MARK = "<!-- end-c-headers -->"  # what comes before it are the kernel's headers
_LIMIT_S = 60.0


def lx_scripts(kernel: BuiltKernel, folder: Path) -> tuple[Path | None, str]:
    """(the script that gdb reads, "") with all it needs in folder, or (None, why not)."""
    there = kernel.src / "scripts/gdb"
    if not (there / START).is_file():
        return None, "the tree has no scripts/gdb"
    try:
        copied = folder / "scripts/gdb"
        shutil.copytree(there, copied, symlinks=True)
        check_plain(copied, copied)
        made = copied / "linux/constants.py"
        source = copied / "linux/constants.py.in"
        options = ("-E", "-P", "-x", "c")
        failed = compile_like(kernel, _LIKE, source, made, options, _LIMIT_S)
        if failed:
            return None, f"the tree's gdb commands do not build: {failed}"
        _, mark, body = made.read_text().partition(_MARK)
        if not mark:
            return None, "the tree's gdb commands are not as we think"
        made.write_text(body.partition("\n")[2])
        shutil.copyfile(copied / START, folder / START)
    except (OSError, UnicodeDecodeError, OrchestrateError) as error:
        return None, f"the tree's gdb commands cannot be made: {error}"
    return folder / START, ""

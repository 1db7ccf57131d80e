# SPDX-License-Identifier: GPL-2.0-only
"""--llvm and LLVM=, as the kernel's make takes it, with what people write besides."""

from __future__ import annotations

import re
from pathlib import Path

from orchestrator.model.errors import UsageError

FORMS = "1 for clang and ld.lld in PATH, a version such as 19 or -19, or the folder they are in"
_VERSION = re.compile(r"-?([1-9]\d{0,2})")


def llvm_value(text: str, source: str) -> str:
    """make's LLVM: "", "1", "-19" or "/path/bin/". source: "--llvm" or "LLVM", for errors.

    Raises UsageError: also for 0, which the kernel's make takes for 1 (its llvm.rst warns).
    """
    if not text:
        return ""
    if text == "1":
        return "1"
    if text == "0":
        raise UsageError(f"{source}=0: to the kernel's make this is clang, too", "leave it out")
    match = _VERSION.fullmatch(text)
    if match:
        return f"-{match[1]}"
    if "/" in text:
        folder = Path(text).expanduser().absolute()
        if folder.is_dir() and not re.search(r"\s", str(folder)):
            return f"{folder}/"
        raise UsageError(
            f"{source}={text}: no such folder, or white space in it", f"it takes {FORMS}"
        )
    raise UsageError(f"{source}={text}: no toolchain", f"it takes {FORMS}")

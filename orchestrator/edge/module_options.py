# SPDX-License-Identifier: GPL-2.0-only
"""Would a module that was built for one configuration be built differently for another?

An object's list of dependencies has every option that it, or a header it includes, names
(scripts/basic/fixdep.c, whether or not the line is compiled). Commands are made by the top
makefiles and those of scripts/. What is generated for headers can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from orchestrator.config.fragments import read_dotconfig
from orchestrator.model.arch import named
from orchestrator.model.job import BuiltKernel

_ASKED = re.compile(r"include/config/(\w+)")
_NAMED = re.compile(r"CONFIG_(\w+)")
# They say which options are set, which is looked at by name.
_LISTS = frozenset(("autoconf.h", "rustc_cfg"))


def unseen_by(module: Path, old: BuiltKernel, new: BuiltKernel) -> bool:
    """May `module`, a folder with what was made for `old`, serve `new`, as far as options go?

    Raises OSError, if one of the three is just being removed.
    """
    here, there = (read_dotconfig(kernel.config.read_text()) for kernel in (old, new))
    odd = {name.removeprefix("CONFIG_") for name, _ in here.items() ^ there.items()}
    if not odd:
        return True
    lists = list(module.glob(".*.o.cmd"))
    if not lists:
        return False  # it can't be known what it asked for
    if any(odd.intersection(_ASKED.findall(file.read_text())) for file in lists):
        return False
    makers = (path.read_text(errors="replace") for path in _makers(module, new))
    if any(odd.intersection(_NAMED.findall(text)) for text in makers):
        return False
    return _generated(old) == _generated(new)


def _makers(module: Path, kernel: BuiltKernel) -> Iterator[Path]:
    """Whatever has a say in the commands."""
    src = kernel.src
    for folder in (src, src / "arch" / named(kernel.arch).src, module):
        yield from (file for glob in ("Makefile*", "Kbuild*") for file in folder.glob(glob))
    yield from (file for file in (src / "scripts").rglob("*") if file.is_file())


def _generated(kernel: BuiltKernel) -> dict[str, bytes]:
    """Headers made by the build."""
    return {
        str(file.relative_to(kernel.obj)): file.read_bytes()
        for folder in ("include/generated", f"arch/{named(kernel.arch).src}/include/generated")
        for file in (kernel.obj / folder).rglob("*")
        if file.is_file() and file.name not in _LISTS and not file.name.endswith(".cmd")
    }

# SPDX-License-Identifier: GPL-2.0-only
"""Modules of the user's: which folders of --kmod have some, and what --insmod asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.config.nearest import unknown
from orchestrator.model.errors import UsageError
from orchestrator.model.job import OwnModule

_KBUILD = ("Kbuild", "Makefile")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,54}")  # MODULE_NAME_LEN
_PARAM = re.compile(r"[A-Za-z_][\w-]*=[!-~]*", re.ASCII)
_BAD = set("\"'\\")


def has_own(folder: Path) -> bool:
    """Is there more in it than suites: a build file, and C that is no *_test.c?"""
    if not any((folder / name).is_file() for name in _KBUILD):
        return False
    return any(not file.name.endswith("_test.c") for file in folder.glob("*.c"))


def parse_insmod(text: str) -> OwnModule:
    """NAME[,param=value]...; what has no = goes on with the value before it. UsageError."""
    name, *parts = text.removesuffix(".ko").split(",")
    params: list[str] = []
    for part in parts:
        if "=" not in part and params:
            params[-1] += f",{part}"
        else:
            params.append(part)
    for one in params:
        if not _PARAM.fullmatch(one) or _BAD & set(one):
            raise UsageError(
                f"--insmod {text!a}: {one!a} is no parameter",
                "NAME[,param=value]...; no blanks, quotes or backslashes",
            )
    if not _NAME.fullmatch(name):
        raise UsageError(f"--insmod {text!a}: no name of a module", "NAME[,param=value]...")
    return OwnModule(_kernel_name(name), tuple(params))


def to_load(asked: Sequence[OwnModule], built: Sequence[Path]) -> tuple[OwnModule, ...]:
    """In that order; all that were built and are no suites, in theirs, if none is asked for.
    UsageError for a name that none of them has."""
    names = [_kernel_name(path.stem) for path in built]
    for one in asked:
        if one.name not in names:
            raise unknown("module of --kmod", one.name, names)
    return tuple(asked) or tuple(OwnModule(n) for n in names if not n.endswith("_test"))


def file_of(module: OwnModule, built: Sequence[Path]) -> Path:
    """Its .ko; the last of several of one name."""
    return {_kernel_name(path.stem): path for path in built}[module.name]


def _kernel_name(name: str) -> str:
    return name.replace("-", "_")  # as kbuild names the module (KBUILD_MODNAME)

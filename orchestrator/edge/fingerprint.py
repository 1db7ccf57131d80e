# SPDX-License-Identifier: GPL-2.0-only
"""Content keys: the same bytes give the same key, on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator.edge.process import check

SHOWN = 16  # hex digits of a key; 64 bits are plenty for the entries of one store


def digest(*parts: bytes | str) -> str:
    """SHOWN hex digits over the parts; ("ab", "c") and ("a", "bc") differ."""
    summed = hashlib.sha256()
    for part in parts:
        data = part.encode(errors="surrogateescape") if isinstance(part, str) else part
        summed.update(b"%d:" % len(data))
        summed.update(data)
    return summed.hexdigest()[:SHOWN]


def file_sha256(path: Path) -> str:
    """All 64 hex digits of a file's SHA-256, as checksum files give them. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_digest(path: Path) -> str:
    """SHOWN hex digits over a file's content. Raises OSError."""
    return file_sha256(path)[:SHOWN]


def named_digests(files: Iterable[Path]) -> list[str]:
    """ "NAME:DIGEST" of each file, without its folder, in the order given. Raises OSError."""
    return [f"{file.name}:{file_digest(file)}" for file in files]


def toolchain_digest(make_variables: Mapping[str, str]) -> str:
    """What compiles and links: the make variables (ARCH, CC, ...) and the tools' own versions.

    The tools are those kbuild would take (Documentation/kbuild/llvm.rst and the top Makefile):
    CC and LD if set, else those of LLVM=1, else gcc and ld behind CROSS_COMPILE.
    Raises InfrastructureError if one cannot be run.
    """
    versions = (version for _, version in tool_versions(make_variables))
    settings = (f"{name}={value}" for name, value in sorted(make_variables.items()))
    return digest(*settings, "--", *versions)


def tool_versions(make_variables: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(command, first line of what it says of its version) of compiler and linker."""
    tools = _tools(make_variables)
    return tuple((tool, check([*tool.split(), "--version"]).partition("\n")[0]) for tool in tools)


def _tools(make_variables: Mapping[str, str]) -> tuple[str, str]:
    llvm = make_variables.get("LLVM", "")
    if llvm:
        # LLVM=-18 is a suffix, LLVM=/path/ a prefix, LLVM=1 neither.
        prefix = llvm if llvm.endswith("/") else ""
        suffix = llvm if llvm.startswith("-") else ""
        compiler, linker = f"{prefix}clang{suffix}", f"{prefix}ld.lld{suffix}"
    else:
        cross = make_variables.get("CROSS_COMPILE", "")
        compiler, linker = f"{cross}gcc", f"{cross}ld"
    return make_variables.get("CC", compiler), make_variables.get("LD", linker)

# SPDX-License-Identifier: GPL-2.0-only
"""File, line and inlined callers of addresses, from addr2line.

Of the two there are, binutils' comes with gcc and takes addresses relative to a section (-j),
which a module needs: in a .ko every section starts at 0. LLVM's takes absolute addresses only,
and is preferred for those, since binutils up to 2.41 misread DWARF 5 (see misreads()).
"""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from orchestrator.edge import process, sandbox
from orchestrator.model.arch import ARCHES
from orchestrator.model.symbols import CodePlace

BINUTILS, LLVM = "addr2line", "llvm-addr2line"
NEWEST = 40  # versions of LLVM that are looked for
TIMEOUT_S = 120  # a distribution's vmlinux has a gigabyte of debug info
_ASKED = re.compile(r"0x[0-9a-f]+$")
_PLACE = re.compile(r"(?P<file>.*):(?P<line>\d+|\?)(?: \(discriminator \d+\))?$")


def addr2line(
    image: Path, section: str, addresses: Sequence[int]
) -> tuple[tuple[CodePlace, ...], ...]:
    """For each address its places, innermost first; file names as the compiler wrote them.

    section: what the addresses count from; "" for absolute ones. Raises InfrastructureError.
    """
    within = ["-j", section] if section else []
    argv = [_program(section, image), "-e", str(image.absolute()), *within, "-a", "-f", "-i"]
    asked = "".join(f"{address:#x}\n" for address in addresses)
    reads = [path for path in (image, *_beside(image)) if path.exists()]
    done = sandbox.run(
        argv,
        cwd=Path("/"),
        reads=reads,
        programs=argv[:1],
        stdin=asked.encode(),
        timeout_s=TIMEOUT_S,
    )
    answers = [tuple(_places(block)) for block in _blocks(done.output.splitlines())]
    if done.returncode != 0 or len(answers) != len(addresses):
        return ((),) * len(addresses)
    return tuple(answers)


def misreads(dwarf: int, section: str, image: Path) -> bool:
    """May a file name be that of the file which included the right one?

    In DWARF 5, what comes before the first change of file belongs to file 1; binutils before
    2.42 took the one before it (their PR 30783). Lines are right.
    """
    program = _program(section, image)
    return dwarf >= 5 and program != LLVM and _binutils(program) < (2, 42)


def _beside(image: Path) -> tuple[Path, ...]:
    """Where an image that was stripped may have its debug info (.gnu_debuglink)."""
    return image.with_name(f"{image.name}.debug"), image.parent / ".debug"


def _program(section: str, image: Path) -> str:
    own = f"{cross_of(image)}{BINUTILS}"
    return ("" if section else _llvm()) or (own if shutil.which(own) else BINUTILS)


def cross_of(image: Path) -> str:
    """What the names of binutils for this ELF file begin with (e_machine in elf(5))."""
    with image.open("rb") as stream:
        head = stream.read(20)
    machine = int.from_bytes(head[18:20], "little")
    return next((arch.cross for arch in ARCHES.values() if arch.elf_machine == machine), "")


def _llvm() -> str:
    """LLVM's, the newest of those that Debian names by version; "" if there is none."""
    names = (LLVM, *(f"{LLVM}-{number}" for number in range(NEWEST, 13, -1)))
    return next((name for name in names if shutil.which(name)), "")


@functools.cache
def _binutils(program: str) -> tuple[int, int]:
    """(2, 40), from the end of the first line; far in the future if it cannot be told."""
    first = process.run([program, "--version"], timeout_s=10).output.partition("\n")[0]
    match = re.search(r"(\d+)\.(\d+)\S*$", first)
    return (int(match[1]), int(match[2])) if match else (99, 0)


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """What stands behind each address that addr2line repeats."""
    block: list[str] | None = None
    for line in lines:
        if _ASKED.match(line):
            if block is not None:
                yield block
            block = []
        elif block is not None:
            block.append(line)
    if block is not None:
        yield block


def _places(block: Sequence[str]) -> Iterator[CodePlace]:
    """Two lines each: a function, and FILE:LINE or ??:0."""
    for function, where in zip(block[::2], block[1::2], strict=False):
        match = _PLACE.match(where)
        known = match is not None and match["file"] != "??" and match["line"] not in ("?", "0")
        if match is not None and known:
            yield CodePlace(function, match["file"], int(match["line"]))
        else:
            yield CodePlace(function, "", 0)

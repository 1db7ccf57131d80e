# SPDX-License-Identifier: GPL-2.0-only
"""The KUnit suites that are part of a vmlinux, read from it.

So the plan of a run does not come from the guest. The linker puts pointers to the suites between
two symbols (include/asm-generic/vmlinux.lds.h); those of init code (6.8) run first. A suite begins
with its name, 256 bytes, and has its cases behind four more pointers; a case begins with its
function and its name (include/kunit/test.h, the same from 6.1 to 7.3). How long a case is differs,
and is inferred: with any other length fewer cases would be found, or such as are none.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltInSuite, BuiltKernel

SYMBOLS = "System.map"  # beside the objects
_WANTED = re.compile(
    rb"^([0-9a-f]{8,16}) \S (__kunit_(?:init_)?suites_(?:start|end)|_text|_etext|_einittext)$",
    re.MULTILINE,
)
_SETS = ("__kunit_init_suites", "__kunit_suites")
_NAME_BYTES = 256
_CASES_AT = _NAME_BYTES + 4 * 8
_MAX_SUITES = 10_000
_MAX_CASES = 10_000
_LENGTHS = range(16, 161, 8)
_CASE = re.compile(rb"[A-Za-z_]\w{0,254}")


def built_in_suites(kernel: BuiltKernel) -> tuple[BuiltInSuite, ...]:
    """In the order they run; () if the kernel has none. InfrastructureError for files that are
    not there or damaged."""
    try:
        marks = _marks((kernel.obj / SYMBOLS).read_bytes())
        with kernel.vmlinux.open("rb") as stream:
            return _suites(_Image(ELFFile(stream), kernel.vmlinux), marks)
    except (OSError, ELFError, struct.error) as error:
        said = f"the suites of {kernel.vmlinux} cannot be read: {error}"
        raise InfrastructureError(said, "orchestrate clean, and run it again") from error


def _marks(system_map: bytes) -> dict[str, int]:
    return {name.decode(): int(at, 16) for at, name in _WANTED.findall(system_map)}


class _Image:
    """What is where in memory, as the file has it."""

    def __init__(self, elf: ELFFile, path: Path) -> None:
        self._parts = [
            (part["p_vaddr"], part["p_filesz"], part["p_offset"], part["p_memsz"])
            for part in elf.iter_segments("PT_LOAD")
        ]
        self._stream = elf.stream
        self._path = path

    def read(self, address: int, size: int) -> bytes:
        """b"" if the file has nothing there; less than size at the end of a segment."""
        for start, length, offset, whole in self._parts:
            # An array of zeros, as one without cases is, takes no room in the file (.bss).
            if start + length <= address < start + whole:
                return bytes(min(size, start + whole - address))
            if start <= address < start + length:
                self._stream.seek(offset + address - start)
                data: bytes = self._stream.read(min(size, start + length - address))
                return data
        return b""

    def pointers(self, address: int, count: int) -> tuple[int, ...]:
        data = self.read(address, 8 * count)
        return struct.unpack(f"<{len(data) // 8}Q", data[: len(data) // 8 * 8])

    def text(self, address: int, size: int = _NAME_BYTES) -> bytes:
        """Up to its zero; b"" if there is none."""
        whole, zero, _ = self.read(address, size).partition(b"\0")
        return whole if zero else b""


def _suites(image: _Image, marks: dict[str, int]) -> tuple[BuiltInSuite, ...]:
    places: list[int] = []
    for name in _SETS:
        start, end = marks.get(f"{name}_start", 0), marks.get(f"{name}_end", 0)
        count = min(_MAX_SUITES, max(0, end - start) // 8)
        found = image.pointers(start, count)
        if len(found) != count:
            raise ELFError(f"{name}: {count} suites, {len(found)} of them there")
        places += found
    names = [image.text(at).decode(errors="replace") for at in places]
    arrays = [(image.pointers(at + _CASES_AT, 1) or (0,))[0] for at in places]
    code = (marks.get("_text", 0), max(marks.get("_etext", 0), marks.get("_einittext", 0)))
    cases = _cases(image, arrays, code)
    if not all(names):
        raise ELFError("a suite without a name")
    return tuple(BuiltInSuite(name, tuple(one)) for name, one in zip(names, cases, strict=True))


def _cases(image: _Image, arrays: Sequence[int], code: tuple[int, int]) -> list[list[str]]:
    """Of each array the names of its cases; empty lists if no length fits all arrays."""
    best: list[list[str]] = [[] for _ in arrays]
    for length in _LENGTHS:
        found = [_names(image, array, length, code) for array in arrays]
        whole = [one for one in found if one is not None]
        if len(whole) == len(found) and sum(map(len, whole)) > sum(map(len, best)):
            best = whole
    return best


def _names(image: _Image, array: int, length: int, code: tuple[int, int]) -> list[str] | None:
    """None if something there is no case."""
    names: list[str] = []
    for at in range(array, array + length * _MAX_CASES, length):
        words = image.pointers(at, 2)
        if len(words) < 2:
            return None
        if not words[0]:
            return names
        name = image.text(words[1])
        if not (code[0] <= words[0] < code[1] and _CASE.fullmatch(name)):
            return None
        names.append(name.decode())
    return None

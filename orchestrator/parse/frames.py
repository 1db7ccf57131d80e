# SPDX-License-Identifier: GPL-2.0-only
"""References to code in log lines: found, and shown again with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model.symbols import CodePlace, CodeRef, ResolvedRef, SymbolTable
from orchestrator.parse.prefix import strip_prefix


class StackFrame(Struct, frozen=True):
    """One reference of a report and what is known of it, for JSON.

    sure: not marked "?". file and line: of the function itself, "" and 0 if not known.
    inlined: the functions inlined there, innermost first. problem: why something is missing.
    """

    function: str
    offset: int
    size: int
    module: str
    sure: bool
    file: str = ""
    line: int = 0
    inlined: tuple[CodePlace, ...] = ()
    problem: str = ""


_LONGEST = 2048  # characters looked at, as in splats.py
# A name starts where no name goes on, so that a long word is looked at once. In brackets
# behind it: the module, and with CONFIG_STACKTRACE_BUILD_ID its build id.
_REF = re.compile(
    r"(?<![\w.$])(?P<func>[A-Za-z_][\w.$]{0,511})\+0x(?P<offset>[0-9a-f]{1,16})"
    r"/0x(?P<size>[0-9a-f]{1,16})(?: \[(?P<module>\w[\w-]{0,63})(?: [0-9a-f]{8,64})?\])?"
)
# The address is that of the instruction itself: registers, and where a WARNING stands.
_EXACT = re.compile(r"\s*(?:(?:RIP|EIP|IP|NIP|PC|pc|epc|PC is at)\s*:?\s|WARNING: |\[?cut here)")


def refs_in(line: str) -> Iterator[CodeRef]:
    """Every reference in one line, with or without a prefix."""
    for _, ref, _ in _found(line):
        yield ref


def code_refs(lines: Iterable[str]) -> tuple[CodeRef, ...]:
    """Every reference in some lines once, in order."""
    return tuple(dict.fromkeys(ref for line in lines for ref in refs_in(line)))


def first_name(text: str) -> tuple[str, ...]:
    """The first function referred to in a line without its prefix, or nothing: quickly."""
    match = _REF.search(text, 0, _LONGEST)
    return (match["func"],) if match else ()


def stack_frames(lines: Iterable[str], table: SymbolTable) -> tuple[StackFrame, ...]:
    """Every reference in a report's lines, in order, repeated ones too."""
    return tuple(
        _stack_frame(ref, sure, table.find(ref)) for line in lines for _, ref, sure in _found(line)
    )


def _stack_frame(ref: CodeRef, sure: bool, known: ResolvedRef | None) -> StackFrame:
    frame = StackFrame(ref.function, ref.offset, ref.size, ref.module, sure)
    if known is None:
        return frame
    if not known.places:
        return replace(frame, problem=known.problem)
    *inlined, outer = known.places
    return replace(frame, file=outer.file, line=outer.line, inlined=tuple(inlined))


def annotated(line: str, table: SymbolTable) -> str:
    """The line with ` (FILE:LINE)` behind each reference the table knows a line of.

    Inlined: ` (include/a.h:3 in inner, inlined at kernel/b.c:7)`, innermost first.
    """
    pieces: list[str] = []
    done = 0
    for end, ref, _ in _found(line):
        known = table.find(ref)
        shown = _in_words(known.places) if known else ""
        if shown:
            pieces += [line[done:end], shown]
            done = end
    return "".join([*pieces, line[done:]])


def _found(line: str) -> Iterator[tuple[int, CodeRef, bool]]:
    """(where it ends in the line, the reference, whether it has no "?")."""
    if "+0x" not in line:
        return
    line = line[:_LONGEST]
    exact = _EXACT.match(strip_prefix(line)) is not None
    for match in _REF.finditer(line):
        offset, size = int(match["offset"], 16), int(match["size"], 16)
        if offset <= size:
            ref = CodeRef(match["func"], offset, size, match["module"] or "", call=not exact)
            yield match.end(), ref, not line[: match.start()].endswith("? ")


def _in_words(places: tuple[CodePlace, ...]) -> str:
    if not places or not all(place.line for place in places):
        return ""
    *inlined, outer = places
    names = [f"{place.file}:{place.line} in {place.function}" for place in inlined]
    return f" ({', inlined at '.join([*names, f'{outer.file}:{outer.line}'])})"

# SPDX-License-Identifier: GPL-2.0-only
"""Signatures of kernel reports: one for the same crash in other runs and other builds.

Made of the kind, the title and the guilty function with its nearest callers. Left out is what
differs from boot to boot (addresses, times, processes, frames the unwinder is not sure of)
and from build to build (offsets, sizes, what the compiler puts behind a name), and helpers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model.evidence import Splat
from orchestrator.model.signature import LONGEST, fingerprint, plain_symbol, stable_text
from orchestrator.parse import splat_skips
from orchestrator.parse.frames import first_name
from orchestrator.parse.prefix import split_prefix
from orchestrator.parse.splat_frames import plain_name

# Kinds whose words alone tell one report from another. Any other report without a function,
# cut off or mixed with another, could be any of its kind.
_WORDS_SUFFICE = {"panic", "oom", "reboot", "lost-connection", "other"}
DEPTH = 3  # functions: the guilty one and two callers
_FRAME = re.compile(
    r"\s*(?:\(\w+\)\s*)?(?:\[<[^>]{0,20}>\]\s*|\[[0-9a-f]{8,16}\]\s*|#\d+:?\s+)*"
    r"(?P<maybe>\? +)?\(?[A-Za-z_][\w.$]*(?:\+0x| from |\) from )"
)
# Every KUnit case is called from these: they tell nothing of it.
_CASE_RUNNER = re.compile(r"kunit_(?:try_run_case|run_case|generic_run)")
# Marks within a trace, and what is shown of the registers where an interrupt came in.
_INSIDE = re.compile(r"\s*(?:</?[\w #]+>|(?:RIP|Code|[RE]?[A-Z]{1,2}[XSPI]?|R\d\d|[CDEF][SR]\d?):)")


class Signature(Struct, frozen=True):
    """id: 12 hex digits, "" if the report is too damaged to tell it from others of its kind.
    text: what it stands for, in words.
    """

    id: str
    text: str


def signature(splat: Splat) -> Signature:
    """The signature of a report with its lines."""
    guilty = plain_symbol(splat.function[:LONGEST])
    title = stable_text(splat.title).removesuffix(f" in {guilty}")
    stack = _stack(guilty, splat.lines)
    where = " < ".join(stack)
    words = f"{title}: {where}" if where else title
    shown = words if words.startswith(splat.kind) else f"{splat.kind}: {words}"
    known = bool(stack) or splat.kind in _WORDS_SUFFICE
    return Signature(fingerprint((splat.kind, title, *stack)) if known else "", shown)


def signed(splat: Splat) -> Splat:
    """The same report with its signature in it."""
    made = signature(splat)
    return replace(splat, signature=made.id, signature_text=made.text)


def _stack(guilty: str, lines: Sequence[str]) -> tuple[str, ...]:
    """The guilty function and its nearest callers that tell something."""
    callers: list[str] = []
    for number, trace in enumerate(_traces(lines)):
        if guilty and guilty in trace:
            callers = trace[trace.index(guilty) + 1 :]
            break
        callers = callers if number else trace
    telling = (name for name in callers if name != guilty and not _helper(name))
    found = dict.fromkeys([guilty] if guilty else [])
    for name in telling:
        if len(found) == DEPTH:
            break
        found[name] = None
    return tuple(found)


def _helper(name: str) -> bool:
    tables = (splat_skips.NOT_GUILTY_IN_TRACE, splat_skips.DISPATCHERS)
    return any(table.match(name) for table in tables) or _CASE_RUNNER.match(name) is not None


def _traces(lines: Sequence[str]) -> Iterator[list[str]]:
    """The names in each stack, innermost first, without those marked "?".

    Read only as far as somebody asks; what other contexts wrote in between is left out.
    """
    caller = split_prefix(lines[0])[0] if lines else ""
    names: list[str] = []
    inside = False
    for line in lines:
        if not inside and "+0x" not in line:
            continue  # most lines of a report
        who, text = split_prefix(line)
        if who not in ("", caller):
            continue
        match = _FRAME.match(text)
        if match is not None:
            inside = True
            names += _names(text) if match["maybe"] is None else ()
        elif inside and not _INSIDE.match(text):
            yield names
            names, inside = [], False
    if inside:
        yield names


def _names(text: str) -> list[str]:
    return [plain_symbol(plain_name(name)) for name in first_name(text)]

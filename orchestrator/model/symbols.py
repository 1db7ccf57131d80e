# SPDX-License-Identifier: GPL-2.0-only
"""Places in code: as the kernel prints them, and as file and line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class CodeRef:
    """`function+0xoffset/0xsize [module]`, as %pS and %pB print it (lib/vsprintf.c).

    size: to the next symbol, not st_size (get_symbol_pos() in kernel/kallsyms.c). module: ""
    for the kernel itself. call: a return address, so the call stands right before it.
    """

    function: str
    offset: int
    size: int
    module: str = ""
    call: bool = True


@dataclass(frozen=True)
class CodePlace:
    """file: relative to the source tree; "" and line 0: not known."""

    function: str
    file: str
    line: int


@dataclass(frozen=True)
class ResolvedRef:
    """places: innermost first; the last is the function itself, those before were inlined.

    problem: why there are no places, or none with a line.
    """

    ref: CodeRef
    places: tuple[CodePlace, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class SymbolTable:
    """What was looked up for one run. notes: what is true of a whole image, once each."""

    resolved: tuple[ResolvedRef, ...] = ()
    notes: tuple[str, ...] = ()

    def find(self, ref: CodeRef) -> ResolvedRef | None:
        """The answer for one reference; None if nobody asked."""
        return self._by_ref.get(ref)

    @cached_property
    def _by_ref(self) -> dict[CodeRef, ResolvedRef]:
        return {one.ref: one for one in self.resolved}

# SPDX-License-Identifier: GPL-2.0-only
"""Places in code: as the kernel prints them, and as file and line."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct


class CodeRef(Struct, frozen=True):
    """`function+0xoffset/0xsize [module]`, as %pS and %pB print it (lib/vsprintf.c).

    size: to the next symbol, not st_size (get_symbol_pos() in kernel/kallsyms.c). module: ""
    for the kernel itself. call: a return address, so the call stands right before it.
    """

    function: str
    offset: int
    size: int
    module: str = ""
    call: bool = True


class CodePlace(Struct, frozen=True):
    """file: relative to the source tree; "" and line 0: not known."""

    function: str
    file: str
    line: int


class ResolvedRef(Struct, frozen=True):
    """places: innermost first; the last is the function itself, those before were inlined.

    problem: why there are no places, or none with a line.
    """

    ref: CodeRef
    places: tuple[CodePlace, ...] = ()
    problem: str = ""


class SymbolTable(Struct, frozen=True, dict=True):
    """What was looked up for one run. notes: what is true of a whole image, once each."""

    resolved: tuple[ResolvedRef, ...] = ()
    notes: tuple[str, ...] = ()

    def find(self, ref: CodeRef) -> ResolvedRef | None:
        """The answer for one reference; None if nobody asked."""
        return self._by_ref.get(ref)

    @cached_property
    def _by_ref(self) -> dict[CodeRef, ResolvedRef]:
        return {one.ref: one for one in self.resolved}

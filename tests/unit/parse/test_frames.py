# SPDX-License-Identifier: GPL-2.0-only
"""References to code in log lines: which there are, and how they are shown with their lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.symbols import CodePlace, CodeRef, ResolvedRef, SymbolTable
from orchestrator.parse.frames import StackFrame, annotated, code_refs, refs_in, stack_frames

STAMP = "[    4.100900][   T82] "

FOUND = [
    (" kthread+0xf5/0x1e0", [CodeRef("kthread", 0xF5, 0x1E0)]),
    (" ? kthread+0xf5/0x1e0", [CodeRef("kthread", 0xF5, 0x1E0)]),
    (" bad+0x7/0x10 [orch_red]", [CodeRef("bad", 7, 0x10, "orch_red")]),
    (" bad+0x7/0x10 [orch_red 0123456789abcdef0123]", [CodeRef("bad", 7, 0x10, "orch_red")]),
    ("RIP: 0010:f.isra.0+0x3/0x40", [CodeRef("f.isra.0", 3, 0x40, call=False)]),
    ("pc : f+0x3/0x40", [CodeRef("f", 3, 0x40, call=False)]),
    ("lr : f+0x3/0x40", [CodeRef("f", 3, 0x40)]),
    ("WARNING: a.c:7 at red+0xb/0x20, CPU#3: x/83", [CodeRef("red", 0xB, 0x20, call=False)]),
    ("BUG: KASAN: double-free in f+0x3/0x40", [CodeRef("f", 3, 0x40)]),
    ("[<80a7ce74>] (f) from [<80a7d15c>] (g+0x18/0x1c)", [CodeRef("g", 0x18, 0x1C)]),
    ("f+0x1/0x2 g+0x3/0x4", [CodeRef("f", 1, 2), CodeRef("g", 3, 4)]),
    ("f+0x9/0x4: beyond its own end", []),
    ("kthread+0xf5 has no size, +0x1/0x2 no name", []),
    ("a number: 12+0x1/0x2", []),
]


@pytest.mark.parametrize(("line", "refs"), FOUND)
@pytest.mark.parametrize("prefix", ["", STAMP, "<4>" + STAMP])
def test_references_are_found(prefix: str, line: str, refs: list[CodeRef]) -> None:
    assert list(refs_in(prefix + line)) == refs


def test_each_is_asked_for_once() -> None:
    assert code_refs([" f+0x1/0x2", " g+0x1/0x2", " f+0x1/0x2"]) == (
        CodeRef("f", 1, 2),
        CodeRef("g", 1, 2),
    )


F, G = CodeRef("f", 1, 2), CodeRef("g", 3, 4, "mod")
TABLE = SymbolTable(
    (
        ResolvedRef(F, (CodePlace("f", "kernel/f.c", 10),)),
        ResolvedRef(
            G,
            (
                CodePlace("i", "include/i.h", 3),
                CodePlace("h", "mod.c", 5),
                CodePlace("g", "mod.c", 9),
            ),
        ),
        ResolvedRef(CodeRef("dark", 1, 2), (CodePlace("dark", "", 0),)),
        ResolvedRef(CodeRef("gone", 1, 2), (), "vmlinux has no gone"),
    )
)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (STAMP + " f+0x1/0x2", STAMP + " f+0x1/0x2 (kernel/f.c:10)"),
        (
            " g+0x3/0x4 [mod]",
            " g+0x3/0x4 [mod] (include/i.h:3 in i, inlined at mod.c:5 in h, inlined at mod.c:9)",
        ),
        ("at f+0x1/0x2, f+0x1/0x2.", "at f+0x1/0x2 (kernel/f.c:10), f+0x1/0x2 (kernel/f.c:10)."),
        (" dark+0x1/0x2", " dark+0x1/0x2"),
        (" gone+0x1/0x2", " gone+0x1/0x2"),
        (" f+0x2/0x2", " f+0x2/0x2"),
        (" g+0x3/0x4", " g+0x3/0x4"),
        ("RIP: 0010:f+0x1/0x2", "RIP: 0010:f+0x1/0x2"),  # f+0x1 as a return address was asked
    ],
)
def test_only_what_is_known_is_added(line: str, shown: str) -> None:
    assert annotated(line, TABLE) == shown


@given(st.text(alphabet="f+0x12/ []().$\u00e9\n?:RIP" + "ab"))
def test_any_text_is_kept(text: str) -> None:
    assert annotated(text, SymbolTable()) == text
    shown = annotated(text, TABLE)
    for added in (" (kernel/f.c:10)",):
        shown = shown.replace(added, "")
    assert shown == text


def test_frames_for_json_say_what_is_known_and_what_is_not() -> None:
    lines = [" f+0x1/0x2", STAMP + " ? g+0x3/0x4 [mod]", " gone+0x1/0x2", " new+0x1/0x2"]
    inlined = (CodePlace("i", "include/i.h", 3), CodePlace("h", "mod.c", 5))
    assert stack_frames(lines, TABLE) == (
        StackFrame("f", 1, 2, "", True, "kernel/f.c", 10),
        StackFrame("g", 3, 4, "mod", False, "mod.c", 9, inlined),
        StackFrame("gone", 1, 2, "", True, problem="vmlinux has no gone"),
        StackFrame("new", 1, 2, "", True),
    )

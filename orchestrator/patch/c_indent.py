# SPDX-License-Identifier: GPL-2.0-only
"""Where kernel style puts a line of C, given all lines above it.

Documentation/process/coding-style.rst: tabs of eight, case labels below their switch, labels in
column 0; and checkpatch --strict: continuation lines below the open parenthesis. What the lines
next to it do in the same bracket goes before all that.
"""

from __future__ import annotations

import re

from orchestrator.patch.c_state import CASE, CODE, DATA, LABEL, SWITCH, CState, Level
from orchestrator.patch.c_tokens import TAB

_MAX_COLUMNS = 100  # checkpatch's limit
_GOES_ON = re.compile(r"[-+*/%&|^=<>?,.!~]$")
_OPERATOR = re.compile(r"[-+/%&|^=<>?.,:]|\*(?!/)")


def column(state: CState, text: str) -> int:
    """The column of the stripped, non-empty line `text`, if it comes next."""
    if state.comment is not None:
        return _comment(state, text)
    if state.directive:
        return column(state.macro, text) if state.macro else TAB
    if text.startswith("#"):
        return 0
    level = state.top
    if level.bracket in ("(", "["):
        return _in_parentheses(level, text)
    if level.bracket == "{" and text.startswith("}"):
        return level.base
    return _statement(state, level, text)


def _comment(state: CState, text: str) -> int:
    assert state.comment is not None
    if text.startswith("*"):
        return state.comment + 1
    return state.comment + 3 if state.comment_body is None else state.comment_body


def _in_parentheses(level: Level, text: str) -> int:
    if level.body is not None:
        return level.body
    if not level.hang:
        return level.base if text[0] in ")]" else level.base + TAB
    aligned = level.column + 1
    # Nobody would have written a line that long: then it was two tabs in.
    return aligned if aligned + len(text) <= _MAX_COLUMNS else level.base + 2 * TAB


def _statement(state: CState, level: Level, text: str) -> int:
    statement = level.statement
    if statement.begun:
        return _continuation(state, level, text)
    inside = level.bracket == "{" or state.root > 0
    if inside and level.kind != DATA and LABEL.match(text):
        return 0
    if level.kind == SWITCH and CASE.match(text):
        return level.base if level.label is None else level.label
    if re.match(r"else\b", text) and statement.done:
        return statement.done[-1]
    if statement.controls:
        return statement.controls[-1] + (0 if text.startswith("{") else TAB)
    return _body(state, level)


def _body(state: CState, level: Level) -> int:
    if level.body is not None:
        return level.body
    if not level.bracket:
        return state.root
    label = level.base if level.label is None else level.label
    return (label if level.kind == SWITCH else level.base) + TAB


def _continuation(state: CState, level: Level, text: str) -> int:
    statement = level.statement
    if text.startswith("{"):
        return statement.indent
    pointer = not level.bracket and state.last == "*"  # "struct x *" above "name(void)"
    complete = not level.bracket or (state.last == ")" and level.kind in (CODE, SWITCH))
    if complete and (pointer or not (_GOES_ON.search(state.last) or _OPERATOR.match(text))):
        return statement.indent  # `name(void)` below `static int`; a macro without semicolon
    return statement.indent + TAB if statement.more is None else statement.more

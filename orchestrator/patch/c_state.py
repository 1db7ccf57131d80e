# SPDX-License-Identifier: GPL-2.0-only
"""Where in a C file one is after some of its lines: open brackets, statements, comments, macros."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field

from orchestrator.patch.c_tokens import TAB, Token, is_control, lead, tokens, width

LABEL = re.compile(r"(?!default\b)[A-Za-z_]\w*\s*:\s*(/\*.*\*/\s*|//.*)?$")
CASE = re.compile(r"(case\b.*|default\s*):")
_DEFINE = re.compile(r"#\s*define\s+\w+(\([^)]*\))?")
_TOP = re.compile(r"(static|struct|extern|void|int|const|EXPORT_|module_|MODULE_)")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_DEEPEST = 300  # brackets in brackets; hostile files have more
CODE, DATA, SWITCH = "code", "data", "switch"


@dataclass
class Statement:
    """The one being read. controls: columns of ifs and loops that still wait for their statement.

    more: column of its second line, if it has one. done: controls of the statement before.
    """

    begun: bool = False
    indent: int = 0
    first: str = ""
    count: int = 0
    data: bool = False  # an "=" was seen
    enum: bool = False
    more: int | None = None
    controls: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)


@dataclass
class Level:
    """An open bracket. column: its own. base: of the statement it belongs to.

    hang: something follows it in its line. body: column of what is in it, once seen.
    label: column of case labels, once seen. control: closing it completes an if or a loop.
    """

    bracket: str
    column: int = 0
    base: int = 0
    hang: bool = False
    kind: str = CODE
    body: int | None = None
    label: int | None = None
    control: str = ""
    statement: Statement = field(default_factory=Statement)


class CState:
    """Fed with lines in order. root: column of statements outside all brackets."""

    def __init__(self, root: int = 0) -> None:
        self.root = root
        self.levels = [Level("", body=root)]
        self.comment: int | None = None  # column of the "/*"
        self.comment_body: int | None = None
        self.macro: CState | None = None
        self.directive = False  # in a preprocessor line that goes on
        self.last = ""  # the last token
        self.joined_else = False
        self._branches: list[list[Level]] = []

    @property
    def top(self) -> Level:
        return self.levels[-1]

    def feed(self, line: str) -> None:
        """One line as it is in the file, without its line end."""
        indent = width(lead(line))
        text = line.strip()
        goes_on = text.endswith("\\")
        if self.comment is not None:
            self._in_comment(line, indent)
        elif self.directive:
            if self.macro:
                self.macro.feed(line)
            self._end_directive(goes_on)
        elif text.startswith("#"):
            self._directive(text, goes_on)
        elif text:
            self.code(line, indent)

    def _in_comment(self, line: str, indent: int) -> None:
        close = line.find("*/")
        self.comment_body = indent
        if close >= 0:
            self.comment = self.comment_body = None
            if line[close + 2 :].strip():
                self.code(" " * indent + line[close + 2 :].lstrip(), indent)

    def _directive(self, text: str, goes_on: bool) -> None:
        word = text[1:].split(maxsplit=1)[0] if text[1:].strip() else ""
        if word.startswith("if"):
            self._branches.append(copy.deepcopy(self.levels))
        elif word in ("else", "elif") and self._branches:
            self.levels = copy.deepcopy(self._branches[-1])
        elif word == "endif" and self._branches:
            self._branches.pop()
        define = _DEFINE.match(text)
        if define and goes_on:
            self.macro = CState(TAB)
            self.macro.code(text[define.end() :].lstrip(), 0)
        elif "/*" in text and "*/" not in text[text.rindex("/*") :]:
            self.comment = text.rindex("/*")
        self._end_directive(goes_on)

    def _end_directive(self, goes_on: bool) -> None:
        self.directive = goes_on
        if not goes_on:
            self.macro = None

    def code(self, line: str, indent: int) -> None:
        found, opened = tokens(line)
        if found:
            self.joined_else = False
            self._begin_line(line, found[0].text, indent)
            for token in found:
                self._token(token, line, indent)
        if opened is not None:
            self.comment = width(line[:opened])

    def _begin_line(self, line: str, first: str, indent: int) -> None:
        text = line.strip()
        if indent == 0 and _TOP.match(text) and not LABEL.match(text):
            self._resync()
        level = self.top
        if level.bracket in ("(", "["):
            if first not in _PAIRS:
                level.body = indent
            return
        statement = level.statement
        # A macro without a semicolon was a statement of its own.
        own = indent == statement.indent and self.last == ")" and first != "{"
        if statement.begun and own:
            self._finish(statement)
        if statement.begun:
            if first not in "{}":
                statement.more = indent
        elif CASE.match(text):
            level.label = indent
        elif not (statement.controls or first in "{}" or LABEL.match(text)):
            level.body = indent

    def _resync(self) -> None:
        """Outside all braces again, though #ifdefs unbalanced them."""
        if self.root == 0 and len(self.levels) > 1 and self.levels[1].bracket == "{":
            self.levels = self.levels[:1]
            self.top.statement = Statement()

    def _token(self, token: Token, line: str, indent: int) -> None:
        text = token.text
        if text in ("(", "[", "{"):
            self._open(token, line, indent)
        elif text in _PAIRS:
            self._close(text, indent)
        elif self.top.bracket not in ("(", "["):
            self._word(text, indent)
        self.last = text

    def _word(self, text: str, indent: int) -> None:
        level, statement = self.top, self.top.statement
        if text == ";" or (text == "," and level.kind == DATA):
            self._finish(statement)
        elif text == ":" and (statement.first in ("case", "default") or statement.count == 1):
            statement.begun = False
        elif text in ("else", "do") and not statement.begun:
            statement.controls = [indent]
            self.joined_else = text == "else"
        else:
            self._begin(statement, text, indent)
            statement.count += 1
            statement.data |= text == "="
            statement.enum |= text == "enum"

    def _begin(self, statement: Statement, text: str, indent: int) -> None:
        if statement.begun:
            return
        if text == "if" and self.joined_else and statement.controls:
            indent = statement.controls.pop()
        statement.begun, statement.first, statement.count = True, text, 0
        statement.indent, statement.more = indent, None
        statement.data = statement.enum = False

    def _finish(self, statement: Statement) -> None:
        statement.begun = False
        statement.done, statement.controls = statement.controls, []

    def _open(self, token: Token, line: str, indent: int) -> None:
        level, statement = self.top, self.top.statement
        column = width(line[: token.start])
        new = Level(token.text, column, indent, hang=not token.last)
        if token.text == "{":
            self._brace(new, level)
        elif level.bracket not in ("(", "["):
            if token.text == "(" and is_control(self.last) and level.kind != DATA:
                self._begin(statement, self.last, indent)
                new.control = self.last
            else:
                self._begin(statement, token.text, indent)
                statement.count += 1
        if len(self.levels) < _DEEPEST:
            self.levels.append(new)

    def _brace(self, new: Level, level: Level) -> None:
        statement = level.statement
        inside = level.bracket in ("(", "[")
        data = statement.data or level.kind == DATA or self.last in ("=", "return", ",")
        data |= statement.enum and self.last != ")"  # no function that returns one
        if (inside and self.last != "(") or (not inside and data):
            new.kind = DATA
        if inside:
            return
        if statement.controls:
            new.base = statement.controls[-1]
            new.kind = SWITCH if statement.first == "switch" else CODE
        elif statement.begun:
            new.base = statement.indent

    def _close(self, text: str, indent: int) -> None:
        if self.top.bracket != _PAIRS[text]:
            if text == "}" and indent == 0 and len(self.levels) > 1:
                self.levels = self.levels[:1]
                self._finish(self.top.statement)
            return
        closed = self.levels.pop()
        statement = self.top.statement
        if closed.control:
            statement.begun = False
            statement.controls.append(statement.indent)
        elif text == "}" and closed.kind != DATA and self.top.bracket in ("", "{"):
            # After "struct x { ... }" a name or a semicolon follows, which changes nothing.
            self._finish(statement)

# SPDX-License-Identifier: GPL-2.0-only
"""KTAP (Documentation/dev-tools/ktap.rst) as KUnit prints it, from 6.1 to 7.3.

What differs over time: 6.1 prints "TAP version 14" at boot only, and a suite from a module is
just an indented "# Subtest: name" block closed by "ok 1 - name" at the margin; since 6.3 each
module prints "KTAP version 1" and a plan at the margin and another version line in the block.
Parameterised cases nest once more, until 6.17 without a plan.

Pessimistic: what started and has no result is CRASHED, and so is each test that a plan
promised and that never came. Everything that breaks the structure is an error, in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from orchestrator.model.evidence import Ktap, KtapTest, TestResult
from orchestrator.parse.ktap_frames import Document, Frame, Outcome
from orchestrator.parse.prefix import strip_prefix

_VERSION = re.compile(r"(K?TAP) version (\d{1,9})")
_SUBTEST = re.compile(r"# Subtest: (.+)")
_PLAN = re.compile(r"1\.\.(\d{1,9})(?: # .*| *)")
_RESULT = re.compile(r"(not )?ok (\d{1,9})(?: |$)(?:- )?(.*)")
_DIRECTIVE = re.compile(r"(?:^|\s)#(?: |$)(.*)")
# Behind a prefix strip_prefix() does not know; "#" would be a comment that quotes KTAP.
_PREFIXED_VERSION = re.compile(r"(?!K?TAP)([^#\s].*?)(K?TAP version \d{1,9})")
_ACCEPTED = {"KTAP": (1,), "TAP": (13, 14)}


def parse_ktap(lines: Iterable[str]) -> Ktap:
    """Every test in a log, whatever prefixes, line ends and foreign lines it has.

    Each document (one per loaded module) adds its top-level tests. Errors also cover a log
    without a single test. A suite without a plan line is no error, as for the kernel's own
    parser; its `planned` is None.
    """
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        reader.feed(reader.cut(strip_prefix(line).rstrip()), number)
    return reader.finish()


class _Reader:
    """Feeds on lines without prefix. The stack's first frame is the open document."""

    def __init__(self) -> None:
        self._errors: list[str] = []
        self._tests: list[KtapTest] = []
        self._document: Document | None = None
        self._width = 0  # of an unknown prefix, and its last character
        self._edge = ""
        self._last_number = 0  # of the last top-level result: KUnit may count on from there

    def cut(self, line: str) -> str:
        """The line without an unknown prefix: as wide as the one before the first header."""
        if self._document is None and not self._width:
            match = _PREFIXED_VERSION.fullmatch(line)
            if match is not None:
                self._width, self._edge = len(match[1]), match[1][-1]
        width = self._width
        return line[width:] if width and line[width - 1 : width] == self._edge else line

    def feed(self, line: str, number: int) -> None:
        text = line.lstrip()
        indent = len(line) - len(text)
        if match := _VERSION.fullmatch(text):
            self._check_version(match[1], int(match[2]), number)
            self._on_version(indent, number)
        elif match := _SUBTEST.fullmatch(text):
            self._on_subtest(match[1], indent, number)
        elif self._document is None:
            if _RESULT.fullmatch(text):
                self._errors.append(f"line {number}: a result before any KTAP header: {text}")
        elif match := _PLAN.fullmatch(text):
            self._on_plan(int(match[1]), indent, number)
        elif match := _RESULT.fullmatch(text):
            self._document.result(indent, _outcome(match, number))
        elif text:
            self._document.diagnostic(text)

    def finish(self) -> Ktap:
        self._close_document()
        if not self._tests and not self._errors:
            self._errors.append("no test results")
        return Ktap(tuple(self._tests), tuple(self._errors))

    def _check_version(self, kind: str, version: int, number: int) -> None:
        if version not in _ACCEPTED[kind]:
            self._errors.append(f"line {number}: {kind} version {version} is not known")

    def _on_version(self, indent: int, number: int) -> None:
        if indent == 0 or self._document is None:
            self._close_document()
            self._document = Document(number, self._last_number, headed=True)
            if indent == 0:
                return
        self._open_document(number).open(Frame(indent=indent, line=number))

    def _on_subtest(self, name: str, indent: int, number: int) -> None:
        document = self._open_document(number)
        if not document.name_open_frame(name, indent):
            document.open(Frame(indent=indent, line=number, name=name))

    def _on_plan(self, planned: int, indent: int, number: int) -> None:
        if self._document is not None and not self._document.plan(planned, indent):
            self._errors.append(f"line {number}: a plan that belongs to no open suite")

    def _open_document(self, number: int) -> Document:
        """The document a suite that starts now belongs to.

        A document that has all it planned is over; 6.1 starts the next without a header.
        """
        if self._document is not None and self._document.complete:
            self._close_document()
        if self._document is None:
            self._document = Document(number, self._last_number, headed=False)
        return self._document

    def _close_document(self) -> None:
        if self._document is None:
            return
        tests, errors, self._last_number = self._document.finish()
        self._tests += tests
        self._errors += errors
        self._document = None


def _outcome(match: re.Match[str], number: int) -> Outcome:
    """A result line in parts. Only SKIP changes a result, as in the kernel's parser."""
    rest = match[3]
    directive = _DIRECTIVE.search(rest)
    name = rest[: directive.start()] if directive else rest
    words = directive[1].strip() if directive else ""
    result = TestResult.FAILED if match[1] else TestResult.PASSED
    if words[:4].upper() == "SKIP" and not words[4:5].isalnum():
        result, words = TestResult.SKIPPED, words[4:].strip()
    return Outcome(name.strip(), result, int(match[2]), words, number)

# SPDX-License-Identifier: GPL-2.0-only
"""The stack of open suites while KTAP is read: who owns a line, and what is missing at the end.

Indentation says which suite a line belongs to. A suite's header and its children's results
share one depth; its own result stands at its parent's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

from orchestrator.model.evidence import KtapTest, TestResult

# A torn plan line can promise anything; more missing tests than this are one error.
MAX_MISSING = 1000
# Nobody nests this deep; whoever walks the tree may recurse.
MAX_DEPTH = 100
_MAX_DIAGNOSTICS = 1000
_BADNESS = {
    TestResult.SKIPPED: 0,
    TestResult.PASSED: 0,
    TestResult.FAILED: 1,
    TestResult.CRASHED: 2,
}


class Outcome(Struct, frozen=True):
    """One result line. line: 1-based."""

    name: str
    result: TestResult
    number: int
    directive: str
    line: int


@dataclass
class Frame:
    """An open suite, parameterised test or document. line: 1-based, of its header."""

    indent: int
    line: int
    name: str = ""
    planned: int | None = None
    children: list[KtapTest] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)  # diagnostics before the next child
    lead: list[str] = field(default_factory=list)  # its own, from before its header

    @property
    def label(self) -> str:
        return self.name or f"of line {self.line}"

    @property
    def filled(self) -> bool:
        return self.planned is not None and len(self.children) >= self.planned

    def fill_missing(self) -> list[str]:
        """Add what was planned and never came as crashed; say so, an error each."""
        errors: list[str] = []
        seen, planned = len(self.children), self.planned
        if planned is None or seen == planned:
            return errors
        if seen > planned:
            return [f"suite {self.label}: {planned} tests planned, {seen} seen"]
        for position in range(seen + 1, min(planned, seen + MAX_MISSING) + 1):
            errors.append(f"suite {self.label}: planned test {position} of {planned} never came")
            self.children.append(
                KtapTest(f"(test {position})", TestResult.CRASHED, self.line, None)
            )
        return errors


class Document:
    """One KTAP document, or the suites 6.1 prints without one."""

    def __init__(self, line: int, last_number: int, *, headed: bool) -> None:
        self._root = Frame(indent=0, line=line)
        self._stack = [self._root]
        self._errors: list[str] = []
        # KUnit counts suites from boot, or from the last unload of any suite's module
        # (kunit_suite_counter, lib/kunit/test.c), so a later document may count on.
        self._last_number = last_number
        self._first_number: int | None = None
        self._headed = headed

    @property
    def complete(self) -> bool:
        """The plan was met and nothing is open."""
        return len(self._stack) == 1 and self._root.filled

    def diagnostic(self, text: str) -> None:
        pending = self._stack[-1].pending
        if len(pending) < _MAX_DIAGNOSTICS:
            pending.append(text)

    def open(self, frame: Frame) -> None:
        """A suite's header. Whatever is open at its depth or below never got a result."""
        while len(self._stack) > 1 and self._stack[-1].indent >= frame.indent:
            if self._stack[-1].indent == frame.indent == 0:
                break  # a document without indentation: names tell who is who
            self._abandon()
        if len(self._stack) > MAX_DEPTH:
            self._errors.append(f"line {frame.line}: more than {MAX_DEPTH} suites in each other")
            self._abandon()
        parent = self._stack[-1]
        frame.lead, parent.pending = parent.pending, []
        self._stack.append(frame)

    def name_open_frame(self, name: str, indent: int) -> bool:
        """ "# Subtest:" behind a version line names the block that line opened."""
        top = self._stack[-1]
        fresh = top is not self._root and top.indent == indent and not top.name
        if not fresh or top.planned is not None or top.children:
            return False
        top.name = name
        return True

    def plan(self, planned: int, indent: int) -> bool:
        """False if no open suite at that depth still waits for its plan."""
        top = self._stack[-1]
        if indent > top.indent:
            top = Frame(indent=indent, line=self._root.line)
            self.open(top)
        if top.indent != indent or top.planned is not None or top.children:
            return False
        top.planned = planned
        return True

    def result(self, indent: int, outcome: Outcome) -> None:
        """A result line: of a test, or of the suite that was open one level deeper."""
        while len(self._stack) > 2 and self._stack[-2].indent > indent:
            self._abandon()
        top = self._stack[-1]
        if top is not self._root and self._concludes(top, indent, outcome):
            self._conclude(outcome)
            return
        if top is not self._root and top.indent > indent:
            self._abandon()
        elif top.indent < indent:
            self.open(Frame(indent=indent, line=outcome.line))
        self._add(outcome, self._take_pending())

    def finish(self) -> tuple[list[KtapTest], list[str], int]:
        """Top-level tests, errors, and the number of the last top-level result."""
        while len(self._stack) > 1:
            self._abandon()
        root = self._root
        if self._headed and root.planned is None and not root.children:
            self._errors.append(f"line {root.line}: a KTAP header and nothing after it")
        last = next((t.number for t in reversed(root.children) if t.number is not None), 0)
        self._errors += root.fill_missing()
        return root.children, self._errors, last

    def _concludes(self, top: Frame, indent: int, outcome: Outcome) -> bool:
        if top.indent > indent:
            return not top.name or top.name == outcome.name
        return top.indent == indent == 0 and top.name == outcome.name

    def _take_pending(self) -> tuple[str, ...]:
        top = self._stack[-1]
        taken, top.pending = tuple(top.pending), []
        return taken

    def _conclude(self, outcome: Outcome) -> None:
        frame = self._stack.pop()
        self._errors += frame.fill_missing()
        if not frame.children:
            self._errors.append(f"suite {outcome.name}: 0 tests run")
        worst = max((t.result for t in frame.children), key=_BADNESS.__getitem__, default=None)
        result = outcome.result
        if worst is not None and _BADNESS[worst] > _BADNESS[result]:
            if result is TestResult.PASSED and worst is TestResult.FAILED:
                self._errors.append(f"suite {outcome.name}: ok, though a test in it failed")
            result = worst
        self._add(outcome, (*frame.lead, *frame.pending), frame, result)

    def _abandon(self) -> None:
        """The innermost suite ends without a result line."""
        frame = self._stack.pop()
        self._errors += frame.fill_missing()
        self._errors.append(f"suite {frame.label}: started and has no result line")
        self._stack[-1].children.append(
            KtapTest(
                name=frame.name,
                result=TestResult.CRASHED,
                line=frame.line,
                diagnostics=(*frame.lead, *frame.pending),
                children=tuple(frame.children),
                planned=frame.planned,
            )
        )

    def _add(
        self,
        outcome: Outcome,
        diagnostics: tuple[str, ...],
        frame: Frame | None = None,
        result: TestResult | None = None,
    ) -> None:
        parent = self._stack[-1]
        self._check_number(parent, outcome)
        if not outcome.name and not outcome.directive and result is None:
            self._errors.append(f"line {outcome.line}: a result without a name")
        parent.children.append(
            KtapTest(
                name=outcome.name,
                result=result or outcome.result,
                line=outcome.line,
                number=outcome.number,
                directive=outcome.directive,
                diagnostics=diagnostics,
                children=tuple(frame.children) if frame else (),
                planned=frame.planned if frame else None,
            )
        )

    def _check_number(self, parent: Frame, outcome: Outcome) -> None:
        expected = len(parent.children) + 1
        if parent is self._root:
            if not self._headed and outcome.number == 1:
                self._first_number = 1 - len(parent.children)  # a module went, the count restarts
            if self._first_number is None:
                counts_on = outcome.number == self._last_number + 1
                self._first_number = outcome.number if counts_on else 1
            expected += self._first_number - 1
        if outcome.number != expected:
            self._errors.append(
                f"line {outcome.line}: test number {expected} expected, {outcome.number} seen"
            )

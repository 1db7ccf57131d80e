# SPDX-License-Identifier: GPL-2.0-only
"""The grammar of the kernel's KTAP parser (tools/testing/kunit/kunit_parser.py, parse_test())."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.parse.ktap_frames import MAX_DEPTH, MAX_MISSING
from orchestrator.parse.ktap_lines import Kind, Token
from orchestrator.parse.ktap_tree import KernelTest, OpenTest, Status

_VERSIONS = {"KTAP": (1, 1), "TAP": (13, 14)}
_MAX_DIGITS = 18  # a longer number is no number of a test
_COUNTED = (Status.PASSED, Status.FAILED, Status.SKIPPED, Status.CRASHED)
_ALL_GOOD = ([Status.PASSED], [Status.PASSED, Status.SKIPPED])


class Reader:
    """Documents on end; a stack of open tests instead of recursion."""

    def __init__(self, tokens: list[Token]) -> None:
        self.errors: list[str] = []
        self.unread = 0
        self._tokens = tokens
        self._at = 0

    def documents(self) -> Iterator[OpenTest]:
        """Each document's main test. What follows a met plan and no version line at the
        margin begins, is left unread."""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token.margin or not self._at:
                yield self._document()
            else:
                self.unread += token.kind is Kind.RESULT
                self._at += 1

    def _document(self) -> OpenTest:
        main = OpenTest(wanted=0, line=self._line(), name="main", suite=True, main=True)
        main.log += self._skip()
        self._version(main)
        main.log += self._skip()
        self._plan(main)
        stack = [main]
        while True:
            top = stack[-1]
            if top.open:
                log = self._skip()
                if not self._ends(top):
                    stack.append(self._start(len(top.tests) + 1, log))
                    continue
                top.log += log
                self._fill(top)
            self._finish(top)
            stack.pop()
            if not stack:
                return top
            stack[-1].tests.append(top.frozen(whole=len(stack) < MAX_DEPTH))
            for status, count in top.tally.items():
                stack[-1].tally[status] += count

    def _start(self, wanted: int, log: list[str]) -> OpenTest:
        test = OpenTest(wanted, self._line(), log=log)
        versioned = self._version(test)
        named = self._peek(Kind.SUBTEST)
        if named is not None:
            test.name = named.words
            self._at += 1
        test.suite = versioned or named is not None
        test.log += self._skip()
        self._plan(test)
        return test

    def _ends(self, suite: OpenTest) -> bool:
        """No more tests can come: the log ends, or here is the suite's own result."""
        return self._at >= len(self._tokens) or (not suite.main and self._is_result_of(suite))

    def _fill(self, suite: OpenTest) -> None:
        seen, planned = len(suite.tests), suite.planned or 0
        for position in range(seen + 1, min(planned, seen + MAX_MISSING) + 1):
            self._error(suite, f"planned test {position} of {planned} never came")
            missing = KernelTest(f"(missing test {position})", Status.CRASHED, suite.line)
            suite.tests.append(missing)
            suite.tally[Status.CRASHED] += 1

    def _finish(self, test: OpenTest) -> None:
        if not test.main:
            test.log += self._skip()
            self._conclude(test)
        bare = test.status in (Status.CRASHED, Status.PASSED)
        if test.suite and not test.tests and bare:
            test.status = Status.NO_TESTS
            self._error(test, "0 tests run")
        reported = test.status
        counted = [status for status in _COUNTED if test.tally[status]]
        if not counted:
            test.tally[reported] += 1
        elif test.tally[Status.CRASHED]:
            test.status = Status.CRASHED
        # A suite that fails though all in it passed counts itself.
        if reported is Status.FAILED and counted in _ALL_GOOD:
            test.tally[Status.FAILED] += 1

    def _conclude(self, test: OpenTest) -> None:
        """The test's own result line, if it is there."""
        ended = self._at >= len(self._tokens)
        if test.name and not self._is_result_of(test):
            self._error(test, "its result line is missing")
        elif ended:
            test.status = Status.NO_TESTS
            self._error(test, "the log ends before its result")
        elif result := self._peek(Kind.RESULT):
            self._at += 1
            self._take(test, result)

    def _take(self, test: OpenTest, result: Token) -> None:
        test.line, test.number = result.number, _integer(result.position)
        if test.number != test.wanted:
            self._error(test, f"test number {test.wanted} expected, {result.position[:20]} seen")
        before, skip, reason = _skip_directive(result.directive)
        test.name = f"{result.words} # {before}" if skip and before else result.words
        test.directive = reason if skip else result.directive
        test.status = Status.PASSED if result.good else Status.FAILED
        if skip:
            test.status = Status.SKIPPED

    def _is_result_of(self, test: OpenTest) -> bool:
        # At the end of the log the last line is looked at once more, as over there.
        last = self._tokens[min(self._at, len(self._tokens) - 1)]
        return last.kind is Kind.RESULT and bool(last.words) and last.words == test.name

    def _version(self, test: OpenTest) -> bool:
        token = self._peek(Kind.VERSION)
        if token is None:
            return False
        self._at += 1
        name, _, digits = token.words.partition(" version ")
        low, high = _VERSIONS[name]
        if not low <= (_integer(digits) or 0) <= high:
            self._error(test, f"{token.words[:30]} is not known")
        return True

    def _plan(self, test: OpenTest) -> None:
        token = self._peek(Kind.PLAN)
        if token is not None:
            self._at += 1
            planned = _integer(token.words)
            test.planned = 10**_MAX_DIGITS if planned is None else planned

    def _skip(self) -> list[str]:
        start = self._at
        while self._peek(Kind.OTHER):
            self._at += 1
        return [token.words for token in self._tokens[start : self._at]]

    def _peek(self, kind: Kind) -> Token | None:
        if self._at < len(self._tokens) and self._tokens[self._at].kind is kind:
            return self._tokens[self._at]
        return None

    def _line(self) -> int:
        return self._tokens[min(self._at, len(self._tokens) - 1)].number

    def _error(self, test: OpenTest, what: str) -> None:
        self.errors.append(f"line {test.line}: {test.name or 'a test'}: {what}")


def _skip_directive(text: str) -> tuple[str, bool, str]:
    """(what stands before the last "SKIP", whether there is one, the reason after it)."""
    before, mark, reason = f" # {text}".rpartition(" # SKIP")
    return before.removeprefix(" # "), bool(mark), reason.removeprefix(" ")


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MAX_DIGITS else None

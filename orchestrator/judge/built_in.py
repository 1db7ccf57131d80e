# SPDX-License-Identifier: GPL-2.0-only
"""The plan of the kernel's own suites, as vmlinux has it, beside what the log says of them."""

from __future__ import annotations

from collections import Counter, defaultdict, deque

from msgspec import Struct

from orchestrator.judge.case import Case
from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.model.job import BuiltInSuite

_NONE = (TestResult.SKIPPED, TestResult.FAILED)


class Gaps(Struct, frozen=True):
    """silent: suites without a word. partly: "NAME: what it left". uncalled: suites that ran
    and were not to. Empty all three: everything planned has a result, and nothing else has."""

    silent: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    uncalled: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.silent or self.partly or self.uncalled)


def gaps(case: Case) -> Gaps:
    """What the plan has and the log has not, and the other way round."""
    planned = case.plan.kunit.suites if case.plan.kunit else ()
    left: defaultdict[str, deque[KtapTest]] = defaultdict(deque)
    for test in case.built_in:
        left[test.name].append(test)
    silent, partly = [], []
    for suite in planned:
        if not left[suite.name]:
            silent.append(suite.name)
            continue
        odd = _left(suite, left[suite.name].popleft())
        partly += [f"{suite.name}: {odd}"] if odd else []
    # What never ended is told by checks/ktap.py, also what only the log's own plan promised.
    uncalled = [test.name for rest in left.values() for test in rest if test.number is not None]
    return Gaps(tuple(silent), tuple(partly), tuple(uncalled))


def _left(suite: BuiltInSuite, test: KtapTest) -> str:
    """ "" if each case has a result, or the suite was skipped or failed as a whole."""
    if not test.children:
        return "" if test.result in _NONE else "no case has a result"
    seen = [child.name for child in test.children]
    if suite.cases and seen != list(suite.cases):
        missing = Counter(suite.cases) - Counter(seen)
        if missing:
            return f"no result of {', '.join(missing.elements())}"
        return "other cases ran than vmlinux has"
    if test.planned != len(seen):
        planned = "an unknown number of" if test.planned is None else test.planned
        return f"{len(seen)} of {planned} planned cases"
    return ""

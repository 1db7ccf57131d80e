# SPDX-License-Identifier: GPL-2.0-only
"""TAP as kselftest's programs print it (kselftest.h, kselftest_harness.h, ktap_helpers.sh).

A body is what one program printed: (1-based line of the whole output, text) a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.parse.ktap import parse_ktap

_TAP = re.compile(r"K?TAP version \d{1,9}")
_PLAN = re.compile(r"1\.\.\d{1,9}(?: # .*| *)")
# ksft_print_cnts() of kselftest.h.
_TOTALS = re.compile(
    r"# Totals: pass:(\d{1,9}) fail:(\d{1,9}) xfail:(\d{1,9}) xpass:(\d{1,9}) "
    r"skip:(\d{1,9}) error:(\d{1,9})"
)
_SKIPPED = re.compile(r"1\.\.0 # SKIP\S* (.+)", re.IGNORECASE)
_NEVER_CAME = "never came"  # as parse/ktap_frames.py says it


def inside(body: Sequence[tuple[int, str]]) -> tuple[tuple[KtapTest, ...], list[str]]:
    """(tests, damage) of the TAP that a test printed, if it printed any."""
    first = next((at for at, (_, text) in enumerate(body) if _TAP.fullmatch(text.strip())), None)
    if first is None:
        return (), []
    lines = _plans_first(body[first:])
    numbers = [number for number, _ in lines]
    read = parse_ktap(text for _, text in lines)
    came = tuple(_moved(test, numbers) for test in read.tests if not _never_came(test))
    damage = [error for error in read.errors if not error.endswith(_NEVER_CAME)]
    lost = len(read.errors) - len(damage)
    counted = _counted(body)
    if lost and counted != lost + len(came):
        damage.insert(0, f"{lost} of {lost + len(came)} planned tests in it never came")
    return came, [] if damage == ["no test results"] else damage


def _plans_first(body: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Each document with its plan where KTAP has it: TAP allows one at the end, too."""
    lines: list[tuple[int, str]] = []
    head = -1  # of a document without a plan so far
    for one in body:
        text = one[1].rstrip()
        if _TAP.fullmatch(text):
            head = len(lines)
        if _PLAN.fullmatch(text) and head >= 0:
            lines.insert(head + 1, one)
            head = -1
        else:
            lines.append(one)
    return lines


def _counted(body: Sequence[tuple[int, str]]) -> int:
    """How many tests kselftest.h says went well: some programs have no line for each. -1 if it
    says nothing, or that one did not."""
    for _, text in reversed(body):
        if match := _TOTALS.fullmatch(text.strip()):
            passed, failed, xfail, xpass, skipped, wrong = map(int, match.groups())
            return -1 if failed or wrong else passed + xfail + xpass + skipped
    return -1


def _never_came(test: KtapTest) -> bool:
    return test.result is TestResult.CRASHED and test.number is None and not test.children


def _moved(test: KtapTest, numbers: Sequence[int]) -> KtapTest:
    """line: of the whole output instead of the test's own. kselftest.h gives a test that was
    skipped no name, but what it is called behind the word."""
    return replace(
        test,
        name=test.name or test.directive or f"test {test.number}",
        line=numbers[min(test.line, len(numbers)) - 1] if test.line else test.line,
        children=tuple(_moved(one, numbers) for one in test.children),
    )


def why_skipped(body: Sequence[tuple[int, str]]) -> str:
    """What a test said that it was skipped for: the kernel's runner does not repeat it."""
    reasons: Iterator[str] = (m[1] for _, text in body if (m := _SKIPPED.search(text)))
    last = next((text.strip(" #") for _, text in reversed(body) if "skip" in text.lower()), "")
    return next(reasons, last)

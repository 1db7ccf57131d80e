# SPDX-License-Identifier: GPL-2.0-only
"""A judged night → JUnit XML: a suite for each cell, and one for the night itself."""

from __future__ import annotations

from collections.abc import Sequence

import junitparser
from junitparser import xunit2

from orchestrator.model.night import Attempt, CaseStatus
from orchestrator.model.night_told import Said, ToldCase, ToldCell, ToldNight
from orchestrator.model.verdict import Verdict
from orchestrator.report.clean import clean
from orchestrator.report.night_marks import Mark, case_mark, cell_mark, night_mark

_NIGHT = "orchestrate nightly"
_BAD = (CaseStatus.FAIL, CaseStatus.NONE)
_KINDS = {
    Mark.FAILURE: junitparser.Failure,
    Mark.ERROR: junitparser.Error,
    Mark.SKIPPED: junitparser.Skipped,
}
Tries = Sequence[tuple[Attempt, bool]]  # with whether the attempt went wrong


def night_junit(told: ToldNight) -> str:
    """The XML text. A night that is not green has at least one failure or error.

    A test that passed when it was tried again has flakyFailure elements and no failure, as
    Surefire writes it; the verdict of its cell is a failure all the same. One that failed again
    has rerunFailure elements beside its failure.
    """
    xml = junitparser.JUnitXml(clean(f"{_NIGHT}: {told.judged.night.matrix}"))
    for cell in told.cells:
        xml.add_testsuite(_suite(cell))
    xml.add_testsuite(_night(told))
    xml.update_statistics()  # type: ignore[no-untyped-call]
    for suite, cell in zip(xml, told.cells, strict=False):  # a sum over cases is no wall time
        suite.time = round(sum(each.wall_s for each in cell.attempts), 3)
    del xml._elem.attrib["skipped"]  # JUnit's schemas have none there
    text: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return text.decode()


def _suite(cell: ToldCell) -> junitparser.TestSuite:
    suite = junitparser.TestSuite(clean(cell.name))
    if cell.attempts:
        suite.timestamp = clean(cell.attempts[0].started_at)
        suite.hostname = clean(cell.attempts[-1].host)
    for case in cell.cases:
        suite.add_testcase(_case(case))
    suite.add_testcase(_verdict(cell))
    return suite


def _case(told: ToldCase) -> junitparser.TestCase:
    above, _, name = told.name.rpartition(".")
    case = xunit2.TestCase(clean(name), classname=clean(above))
    took = [row.duration_s for _, row in told.rows if row.duration_s is not None]
    case.time = round(took[-1], 4) if took else 0.0  # with six places it could be "1e-06"
    tries = [(attempt, row.status in _BAD) for attempt, row in told.rows]
    mark, words = case_mark(told)
    _put(case, mark, words, told.said, tries)
    if told.said is Said.FLAKY and mark is Mark.PASS:
        _put_tries(case, xunit2.FlakyFailure, tries)
    elif mark is Mark.FAILURE:
        _put_tries(case, xunit2.RerunFailure, tries[1:])
    return case


def _verdict(cell: ToldCell) -> junitparser.TestCase:
    """One case for the verdict itself, so that no red cell looks green to a CI."""
    case = xunit2.TestCase("verdict", classname=clean(cell.name))
    mark, words = cell_mark(cell)
    tries = [(each, each.verdict is not Verdict.PASS) for each in cell.attempts]
    _put(case, mark, words, cell.said, tries)
    if mark is Mark.FAILURE:
        _put_tries(case, xunit2.RerunFailure, tries[1:])
    return case


def _put(case: xunit2.TestCase, mark: Mark, words: str, said: Said, tries: Tries) -> None:
    if mark is Mark.PASS:
        lines = [words] if words else []
    else:
        # Surefire's schema has a type on each, and Jenkins shows it.
        result = _KINDS[mark](message=words or said.value, type_=said.value)
        titles = [clean(title) for attempt, bad in tries if bad for title in attempt.titles]
        result.text = "\n".join(dict.fromkeys(titles))
        case.result = [result]
        lines = []
    lines += [clean(f"attempt {each.number}: {each.run_dir}") for each, bad in tries if bad]
    if lines:
        case.system_out = "\n".join(lines)


def _put_tries(case: xunit2.TestCase, kind: type[xunit2.InterimResult], tries: Tries) -> None:
    for attempt, bad in tries:
        if bad:
            words = f"attempt {attempt.number}: {attempt.verdict.value}"
            words += f": {attempt.headline}" if attempt.headline else ""
            case.add_interim_result(kind(message=clean(words), type_=attempt.verdict.value))


def _night(told: ToldNight) -> junitparser.TestSuite:
    suite = junitparser.TestSuite(_NIGHT)
    case = xunit2.TestCase("night", classname=_NIGHT)
    mark, words = night_mark(told)
    _put(case, mark, words, Said.HOST, ())
    if told.judged.warnings:
        case.system_out = "\n".join(clean(line) for line in told.judged.warnings)
    suite.add_testcase(case)
    return suite

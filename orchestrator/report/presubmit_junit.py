# SPDX-License-Identifier: GPL-2.0-only
"""Presubmit → JUnit XML: a suite for each step, a case for each of its checks."""

from __future__ import annotations

import junitparser

from orchestrator.model.presubmit import Mark, Presubmit
from orchestrator.model.verdict import Verdict
from orchestrator.report.clean import clean
from orchestrator.report.presubmit_words import left_out


def presubmit_junit(result: Presubmit) -> str:
    """The XML text. What was left out is skipped, with the reason; the last suite is the verdict,
    so that a presubmit of which nothing was checked is no success."""
    xml = junitparser.JUnitXml("orchestrate presubmit")
    for step in result.steps:
        name = f"{step.number} {step.name[:12]} {step.title}"
        suite = junitparser.TestSuite(clean(" ".join(name.split())))
        for check, mark in step.marks:
            suite.add_testcase(_case(check.value, suite.name, mark))
        xml.add_testsuite(suite)
    if result.full:
        suite = junitparser.TestSuite("the last commit in full")
        for each in result.full:
            suite.add_testcase(_case(each.name, suite.name, each.mark))
        xml.add_testsuite(suite)
    suite = junitparser.TestSuite("presubmit")
    said = "; ".join(("all of it", *left_out(result))[not result.whole :])
    suite.add_testcase(_case("verdict", "presubmit", Mark(result.verdict, said)))
    xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    text: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return text.decode()


def _case(name: str, suite: str, mark: Mark) -> junitparser.TestCase:
    case = junitparser.TestCase(clean(name), classname=clean(suite), time=mark.took_s)
    said = clean(mark.said)
    lines = [f"{line.file}:{line.line}: {line.text}" for line in mark.lines]
    if mark.verdict is None:
        case.result = [junitparser.Skipped(message=said)]
    elif mark.verdict is Verdict.INFRASTRUCTURE:
        case.result = [junitparser.Error(message=said, type_=mark.verdict.value)]
    elif mark.red:
        case.result = [junitparser.Failure(message=said, type_=mark.verdict.value)]
        case.result[0].text = "\n".join(map(clean, (*lines, mark.run_dir)))
    else:
        case.system_out = said
    return case

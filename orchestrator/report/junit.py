# SPDX-License-Identifier: GPL-2.0-only
"""RunResult → JUnit XML. Findings that no test case carries become cases of their own."""

from __future__ import annotations

from collections.abc import Iterator

import junitparser

from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.model.job import RunResult
from orchestrator.model.verdict import Finding, Verdict
from orchestrator.report.clean import clean
from orchestrator.report.document import suite_summaries
from orchestrator.report.known import how_many, in_words


def junit(result: RunResult) -> str:
    """The XML text. A green run has neither failures nor errors, any other has at least one.

    A failed case that is a known issue is skipped, and the verdict's case names it.
    """
    times = {suite.name: suite.guest_s for suite in suite_summaries(result)}
    hosts = {one.title: one.host for one in result.findings if one.host}
    known = {one.title: one.known for one in result.findings if one.known and one.check == "ktap"}
    xml = junitparser.JUnitXml("orchestrate")
    for test in result.evidence.ktap.tests if result.evidence else ():
        suite = junitparser.TestSuite(clean(test.name))
        for path, leaf in _leaves(test, ""):
            whole = test.name if leaf is test else f"{test.name}.{path}"
            title = f"{whole} failed"  # in judge/checks/ktap.py
            issue = known.get(title, "")
            words = in_words(issue, result.known_issues) if issue else ""
            suite.add_testcase(_case(test.name, path, leaf, words, hosts.get(title, "")))
        xml.add_testsuite(suite)
    xml.add_testsuite(_verdict_suite(result))
    xml.update_statistics()  # type: ignore[no-untyped-call]
    for suite in xml:  # KUnit times suites, not cases: a sum over cases would say 0
        suite.time = times.get(suite.name) or 0.0
    text: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return text.decode()


def _leaves(test: KtapTest, above: str) -> Iterator[tuple[str, KtapTest]]:
    if not test.children:
        yield above or test.name, test
    for child in test.children:
        yield from _leaves(child, f"{above}.{child.name}" if above else child.name)


def _case(suite: str, path: str, leaf: KtapTest, known: str, host: str) -> junitparser.TestCase:
    case = junitparser.TestCase(clean(path), classname=clean(suite))
    text = "\n".join(clean(line) for line in leaf.diagnostics)
    if known:
        case.result = [junitparser.Skipped(message=clean(f"failed, {known}"))]
        case.result[0].text = text
    elif host:
        case.result = [junitparser.Error(message=clean(f"failed, but {host}"), type_="host")]
        case.result[0].text = text
    elif leaf.result is TestResult.FAILED:
        case.result = [junitparser.Failure(message="failed", type_="fail")]
        case.result[0].text = text
    elif leaf.result is TestResult.CRASHED:
        case.result = [junitparser.Error(message="started and never ended", type_="incomplete")]
        case.result[0].text = text
    elif leaf.result is TestResult.SKIPPED:
        case.result = [junitparser.Skipped(message=clean(leaf.directive))]
    return case


def _verdict_suite(result: RunResult) -> junitparser.TestSuite:
    """One case for the verdict itself, so that no red run looks green to a CI."""
    suite = junitparser.TestSuite("orchestrate")
    case = junitparser.TestCase("verdict", classname="orchestrate")
    if result.verdict is not Verdict.PASS:
        titles = "\n".join(_in_words(finding) for finding in result.findings)
        kind = junitparser.Failure if result.verdict.exit_code == 1 else junitparser.Error
        case.result = [kind(message=result.verdict.value, type_=result.verdict.value)]
        case.result[0].text = titles
    elif result.findings:
        lines = [how_many(result.findings), *(_in_words(one) for one in result.findings)]
        case.system_out = "\n".join(lines)
    suite.add_testcase(case)
    return suite


def _in_words(finding: Finding) -> str:
    known = f"known issue {clean(finding.known)}: " if finding.known else ""
    host = f", but {clean(finding.host)}" if finding.host else ""
    lines = [f"{known}{finding.verdict.value}: {clean(finding.title)}{host}"]
    lines += [f"  {line.file}:{line.line}: {clean(line.text)}" for line in finding.evidence]
    return "\n".join(lines)

# SPDX-License-Identifier: GPL-2.0-only
"""What one judged run says of the failure that a bisect looks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import median

from orchestrator.judge.compare.threads import case_durations, creations
from orchestrator.model.bisect import Check, Outcome
from orchestrator.model.evidence import KtapTest, TestResult
from orchestrator.model.job import RunResult
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

_WHOLE = (Verdict.PASS, Verdict.SKIP, Verdict.FAIL)
_SIGNATURE = re.compile(r"[0-9a-f]{6,12}")
_BAD = (TestResult.FAILED, TestResult.CRASHED)

Said = tuple[Outcome, str, tuple[EvidenceLine, ...]]


def outcome(check: Check, result: RunResult) -> Said:
    """(good, bad or unknown; what was seen, in a line; the lines it rests on).

    UNKNOWN: the host or we failed, or the run did not get as far as to show it.
    """
    if result.evidence is None or result.verdict is Verdict.INFRASTRUCTURE:
        host = next((f"; {finding.host}" for finding in result.findings if finding.host), "")
        return Outcome.UNKNOWN, f"{_first(result.findings)}{host}", ()
    found = [finding for finding in result.findings if not finding.known]
    match check.kind:
        case "case":
            return _case(check.text, result)
        case "signature":
            wanted = [finding for finding in found if _is(finding, check.text)]
            return _any(wanted, found, result)
        case "leak":
            return _any([f for f in found if f.check == "leaks"], found, result)
        case "creation":
            return _creation(check.bound, result)
        case "slow":
            return _slow(check, result)
    return _red(found, result)


def _red(found: Sequence[Finding], result: RunResult) -> Said:
    if result.verdict is Verdict.PASS:
        return Outcome.GOOD, "pass", ()
    if result.verdict is Verdict.SKIP or all(
        finding.verdict is Verdict.INCOMPLETE and finding.fault is Fault.OURS for finding in found
    ):
        return Outcome.UNKNOWN, _first(found), ()
    return Outcome.BAD, _first(found), _lines(found)


def _any(wanted: Sequence[Finding], found: Sequence[Finding], result: RunResult) -> Said:
    """Bad if something wanted was found; good only if the run went to its end without."""
    if wanted:
        return Outcome.BAD, _first(wanted), _lines(wanted)
    verdicts = (result.verdict, *(finding.verdict for finding in found))
    if result.verdict is Verdict.PASS or all(verdict in _WHOLE for verdict in verdicts):
        return Outcome.GOOD, f"not seen; {_first(found)}" if found else "not seen", ()
    return Outcome.UNKNOWN, f"did not go to its end: {_first(found)}", ()


def _is(finding: Finding, text: str) -> bool:
    if _SIGNATURE.fullmatch(text) and finding.signature.startswith(text):
        return True
    return text.casefold() in finding.title.casefold()


def _case(name: str, result: RunResult) -> Said:
    assert result.evidence
    tests = [test for path, test in _leaves(result.evidence.ktap.tests, "") if _within(path, name)]
    failed = [test for test in tests if test.result in _BAD]
    if failed:
        first = failed[0]
        file = result.evidence.log_from
        lines = tuple(EvidenceLine(file, first.line, text) for text in first.diagnostics[:6])
        return Outcome.BAD, f"{name} {first.result.value}", lines
    if any(test.result is TestResult.PASSED for test in tests):
        return Outcome.GOOD, f"{name} passed", ()
    return Outcome.UNKNOWN, f"{name} was not run or skipped; {_first(result.findings)}", ()


def _leaves(tests: Sequence[KtapTest], path: str) -> Iterator[tuple[str, KtapTest]]:
    for test in tests:
        where = f"{path}.{test.name}" if path else test.name
        if test.children:
            yield from _leaves(test.children, where)
        else:
            yield where, test


def _within(path: str, name: str) -> bool:
    """Is it the case, or a parameter of it? The suite may be named without "orch_"."""
    return any(path == one or path.startswith(f"{one}.") for one in (name, f"orch_{name}"))


def _creation(bound_us: float, result: RunResult) -> Said:
    assert result.evidence
    values = [us for kind in creations(result.evidence.trace.events).values() for us in kind]
    if not values:
        return Outcome.UNKNOWN, f"no creation was traced; {_first(result.findings)}", ()
    middle = median(values)
    said = f"median of {len(values)} creations: {middle:.0f} us"
    return (Outcome.BAD if middle > bound_us else Outcome.GOOD), said, ()


def _slow(check: Check, result: RunResult) -> Said:
    assert result.evidence
    took = case_durations(result.evidence.trace.events)
    found = [seconds for case, seconds in took.items() if _within(case, check.text)]
    if not found:
        return Outcome.UNKNOWN, f"{check.text} was not traced; {_first(result.findings)}", ()
    said = f"{check.text} took {found[0]:.3f} s"
    return (Outcome.BAD if found[0] > check.bound else Outcome.GOOD), said, ()


def _first(findings: Sequence[Finding]) -> str:
    if not findings:
        return "no findings"
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{findings[0].title}{more}"


def _lines(findings: Sequence[Finding]) -> tuple[EvidenceLine, ...]:
    return tuple(line for finding in findings[:2] for line in finding.evidence[:4])

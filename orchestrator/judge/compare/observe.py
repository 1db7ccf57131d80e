# SPDX-License-Identifier: GPL-2.0-only
"""One judged run → all that can be said of it and compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestrator.judge.compare.normal import function, template
from orchestrator.judge.compare.threads import case_durations, creations, trace_facts
from orchestrator.judge.onset import normalised
from orchestrator.model.compare import OURS, Key, Kind, Observation, Seen
from orchestrator.model.evidence import Evidence, KtapTest, Leak, TestResult
from orchestrator.model.job import RunResult
from orchestrator.model.leaks import allocator, leak_place
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict

# Findings that have a kind of their own below.
_OWN_KIND = {"ktap", "splats", "leaks"}
_END = {"ending", "suites", "channels"}
_WHOLE = {Verdict.PASS, Verdict.FAIL, Verdict.SKIP}
# What KUnit itself logs, at level err where it failed: the results have it.
_KUNIT = re.compile(r"\s*(#|ok |not ok |KTAP|Expected |In expression|\d+\.\.\d+)")
_LEVEL_ERR = 3
_BAD = (TestResult.FAILED, TestResult.CRASHED)
# Their names end in numbers of CPU, pool and worker, which are the scheduler's choice.
_KWORKER = re.compile(r"^(task kworker)/.*")


def observe(result: RunResult, run: str) -> Observation:
    """All facts of one run. result.evidence must be there."""
    evidence = result.evidence
    assert evidence is not None
    whole = evidence.guest.ended and not any(_ends(f) for f in result.findings)
    seen = {
        **dict(_findings(result.findings)),
        **dict(_splats(evidence)),
        **dict(_leaks(evidence)),
        **_results(evidence.ktap.tests, whole),
    }
    if whole:
        seen.update(trace_facts(evidence.trace.events))
        seen.update(_messages(evidence))
    return Observation(
        run=run,
        whole=whole,
        verdict=result.verdict,
        seen=seen,
        latencies_us=creations(evidence.trace.events) if whole else {},
        cases_s=case_durations(evidence.trace.events) if whole else {},
    )


def _ends(finding: Finding) -> bool:
    return finding.check in _END or finding.verdict not in _WHOLE


def _findings(findings: Iterable[Finding]) -> Iterator[tuple[Key, Seen]]:
    for finding in findings:
        if finding.check in _OWN_KIND:
            continue
        kind = Kind.ENDING if finding.check in _END else Kind.FINDING
        title = template(finding.title) if kind is Kind.ENDING else normalised(finding.title)
        ours = finding.verdict is Verdict.INCOMPLETE and finding.fault is Fault.OURS
        value = OURS if ours else finding.verdict.value
        yield Key(kind, finding.check, title), Seen(value, finding.evidence)


def _splats(evidence: Evidence) -> Iterator[tuple[Key, Seen]]:
    for splat in evidence.splats:
        if splat.kind == "memory-leak" and evidence.leaks:
            continue  # kmemleak's word that there is a list, which is here
        lines = tuple(
            EvidenceLine(evidence.log_from, splat.line + offset, text)
            for offset, text in enumerate(splat.lines[:12])
        )
        title = function(normalised(splat.title))
        yield Key(Kind.SPLAT, splat.kind, title), Seen("reported", lines)


def _leaks(evidence: Evidence) -> Iterator[tuple[Key, Seen]]:
    """One for all of a size, lost in one place, allocated by one function."""
    groups: dict[tuple[str, int, str], list[Leak]] = {}
    for leak in evidence.leaks:
        place = _KWORKER.sub(r"\1", leak_place(leak))
        groups.setdefault((place, leak.size, allocator(leak.backtrace)), []).append(leak)
    for (place, size, name), leaks in groups.items():
        lines = tuple(
            _lost([leak for leak in leaks if leak.file == file])
            for file in dict.fromkeys(leak.file for leak in leaks)
        )
        yield Key(Kind.LEAK, place, f"{size} bytes allocated in {name}()"), Seen("lost", lines)


def _lost(leaks: list[Leak]) -> EvidenceLine:
    first, count = leaks[0], sum(leak.count for leak in leaks)
    path = " < ".join(function(name) for name in first.backtrace[:8])
    return EvidenceLine(first.file, first.line, f"{count} × {first.size} bytes; {path}")


def _results(tests: Iterable[KtapTest], whole: bool) -> dict[Key, Seen]:
    """Of two parameters with one name, the one that failed."""
    seen: dict[Key, Seen] = {}
    for key, result in _tests(tests, "", whole):
        if key not in seen or seen[key].value != TestResult.FAILED.value:
            seen[key] = result
    return seen


def _tests(tests: Iterable[KtapTest], path: str, whole: bool) -> Iterator[tuple[Key, Seen]]:
    for test in tests:
        where = f"{path}.{test.name}" if path else test.name
        yield from _tests(test.children, where, whole)
        # A suite has no result of its own, unless its init or exit failed: no child says so.
        own = test.result in _BAD and not any(child.result in _BAD for child in test.children)
        if (own or not test.children) and (whole or test.result is TestResult.FAILED):
            lines = tuple(EvidenceLine("", test.line, text) for text in test.diagnostics[:8])
            yield Key(Kind.TEST, path, test.name), Seen(test.result.value, lines)


def _messages(evidence: Evidence) -> Iterator[tuple[Key, Seen]]:
    reported = {line for splat in evidence.splats for line in splat.lines}
    for record in evidence.log.records:
        text = record.text
        if record.level > _LEVEL_ERR or _KUNIT.match(text) or text in reported:
            continue
        line = EvidenceLine(Path(evidence.log_from).name, 0, text)
        yield Key(Kind.LOG, "", template(text)), Seen("logged", (line,))

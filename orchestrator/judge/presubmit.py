# SPDX-License-Identifier: GPL-2.0-only
"""What a presubmit makes of what was seen: its policy, in one place.

checkpatch: errors fail; warnings and checks are shown, and fail if asked (strict). Compilers: a
warning that the parent has not fails. Comparing with base: a crash, a leak, a test that fails now,
or anything at all after "no functional change" fails; other differences are what patches are for:
they are shown, and fail if asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from orchestrator.model.compare import HARD, CompareResult, Difference, Kind, Line, Word
from orchestrator.model.errors import BuildBroken, UsageError
from orchestrator.model.job import RunResult
from orchestrator.model.presubmit import Mark, Remark, covered
from orchestrator.model.verdict import EvidenceLine, Finding, Verdict

MOST_LINES = 20  # that one answer rests on, in the report's data
_LEVELS = ("ERROR", "WARNING", "CHECK")
_PLACE = re.compile(r":\d+(?::\d+)?:")
# What checkpatch ends with when it could read the patch at all: 0 clean, 1 remarks.
_ANSWERS = (0, 1)


def of_checkpatch(
    remarks: Sequence[Remark], status: int, output: str, *, strict: bool, patch: str
) -> Mark:
    """status: its exit status. patch: the file that remarks on the message name."""
    counts = Counter(remark.level for remark in remarks)
    if status not in _ANSWERS or (status and not remarks):
        last = output.strip().splitlines()[-1:] or [f"exit status {status}"]
        return Mark(Verdict.INFRASTRUCTURE, f"checkpatch did not run: {last[0]}")
    levels = _LEVELS if strict else _LEVELS[:1]
    bad = any(counts[level] for level in levels)
    ordered = sorted(remarks, key=lambda remark: _LEVELS.index(remark.level))
    lines = tuple(
        EvidenceLine(remark.file or patch, remark.line, f"{remark.level}:{remark.kind}: "
                     f"{remark.text}")
        for remark in ordered[:MOST_LINES]
    )  # fmt: skip
    return Mark(Verdict.FAIL if bad else Verdict.PASS, _counted(counts), lines)


def _counted(counts: Counter[str]) -> str:
    parts = [_many(counts[level], level.lower()) for level in _LEVELS if counts[level]]
    return ", ".join(parts) or "clean"


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def fresh(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Lines of after that before has not, wherever in their files they are; each as often as it
    is there more often."""
    known = Counter(_PLACE.sub(":", line, count=1) for line in before)
    found = []
    for line in after:
        bare = _PLACE.sub(":", line, count=1)
        if known[bare]:
            known[bare] -= 1
        else:
            found.append(line)
    return tuple(dict.fromkeys(found))


def of_warnings(new: Sequence[str], looked: str, notes: Sequence[str] = ()) -> Mark:
    """new: warnings that the parent has not. looked: what was compiled, in words."""
    lines = tuple(_warning_line(text) for text in new[:MOST_LINES])
    said = f"{_many(len(new), 'new warning')}" if new else "none new"
    return Mark(
        Verdict.FAIL if new else Verdict.PASS, "; ".join((f"{said} ({looked})", *notes)), lines
    )


def _warning_line(text: str) -> EvidenceLine:
    file, _, rest = text.partition(":")
    number, _, said = rest.partition(":")
    if not number.isdigit():
        return EvidenceLine("build.log", 0, text)
    return EvidenceLine(file, int(number), said.partition(":")[2].strip() or said.strip())


def of_broken(error: BuildBroken | UsageError) -> Mark:
    """Of a build that failed, or an option that the tree does not have."""
    errors = error.errors if isinstance(error, BuildBroken) else ()
    lines = tuple(EvidenceLine("build.log", 0, line) for line in errors[:MOST_LINES])
    run_dir = str(error.log.parent) if error.log else ""
    return Mark(Verdict.BUILD_BROKEN, error.message, lines, run_dir=run_dir)


def of_run(result: RunResult, took_s: float, before: str = "") -> Mark:
    """Of a boot. Its verdict is the run's own."""
    counts = result.evidence.ktap.counts if result.evidence else None
    suites = result.plan.suites if result.plan and result.evidence else ()
    said = result.verdict.value
    if counts:
        said = f"{counts.passed} cases passed" if counts.passed else "no case passed"
        said += f", {counts.failed} failed" if counts.failed else ""
        said += f", {counts.skipped} skipped" if counts.skipped else ""
    if result.verdict is not Verdict.PASS and result.findings:
        first = result.findings[0]
        title = f"{first.title}, but {first.host}" if first.host else first.title
        said = f"{title} ({said})" if counts else title
    elif result.findings:
        said += f", known issues: {len(result.findings)}"
    return Mark(
        verdict=result.verdict,
        said=said,
        lines=tuple(line for finding in result.findings for line in _first(finding)),
        run_dir=str(result.run_dir),
        before=before,
        took_s=took_s,
        suites=suites,
        cases=counts.passed if counts else 0,
        signatures=tuple(sorted({one.signature for one in result.findings if one.signature})),
    )


def _first(finding: Finding) -> tuple[EvidenceLine, ...]:
    return finding.evidence[:3]


def of_comparison(result: CompareResult, *, strict: bool) -> Mark:
    """Of base against the last commit."""
    found = [one for one in result.differences if one.kind is not Kind.WARNING]
    lines = tuple(_difference_line(one) for one in found[:MOST_LINES])
    said = _compared(result, found)
    if result.word is Word.BROKEN:
        return Mark(Verdict.BUILD_BROKEN, result.error, run_dir=result.run_dir)
    if result.word is Word.INFRASTRUCTURE:
        return Mark(Verdict.INFRASTRUCTURE, result.error, run_dir=result.run_dir)
    verdict = Verdict.PASS
    if result.word is Word.UNSURE:
        verdict, said = Verdict.INCOMPLETE, f"not settled: {result.error or said}"
    elif any(one.kind in HARD for one in found) or (found and (strict or result.claim)):
        verdict = Verdict.FAIL
    took_s = result.took_s
    return Mark(verdict, said, lines, run_dir=result.run_dir, took_s=took_s)


def _compared(result: CompareResult, found: Sequence[Difference]) -> str:
    base, head = result.runs
    kinds = Counter(one.kind.value for one in found)
    what = ", ".join(f"{number} of {kind}" for kind, number in kinds.items())
    said = f"{_many(len(found), 'difference')} ({what})" if found else "no difference"
    runs = f"{base} and {head} runs"
    claim = ', although it says "no functional change"' if found and result.claim else ""
    return f"{said} in {runs}{claim}; {coverage_words(result)}"


def _difference_line(one: Difference) -> EvidenceLine:
    place = f"{one.where}: " if one.where else ""
    return EvidenceLine(one.run or "compare.json", 0, f"{place}{one.title}: {one.base or 'absent'} "
                        f"-> {one.head or 'absent'}")  # fmt: skip


def coverage_words(result: CompareResult) -> str:
    """Of the lines the range adds or changes."""
    states = Counter(line.state for cell in result.cells for line in cell.coverage)
    ran, code = covered(result)
    other = states[Line.NOT_COMPILED] + states[Line.UNKNOWN]
    more = f", {other} not counted" if other else ""
    if not code:
        return f"no changed line has code that was counted{more}"
    return f"{ran} of {code} changed lines ran{more}"

# SPDX-License-Identifier: GPL-2.0-only
"""Findings of a run with the lines they rest on, the source these name, and whole crash reports."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from orchestrator.model.evidence import Splat
from orchestrator.model.run_page import RunPage, SourceSpot
from orchestrator.model.verdict import EvidenceLine, Finding
from orchestrator.report.known import in_words

MOST_FINDINGS = 60
MOST_REPORT = 150  # lines of one crash report
MOST_IN_REPORTS = 800  # lines of all of them


class ShownLine(Struct, frozen=True):
    """A line a finding rests on. place: "dmesg.log:12". sources: what it names, if it is there."""

    place: str
    text: str
    sources: tuple[SourceSpot, ...]


class ShownFinding(Struct, frozen=True):
    """opened: the source that is shown open, None if it has none, or another finding has it open.
    report: the whole crash report it is, () if it is none; cut: lines of it left out."""

    finding: Finding
    when_s: float | None
    lines: tuple[ShownLine, ...]
    opened: SourceSpot | None
    report: tuple[str, ...]
    cut: int
    known: str


def findings_shown(page: RunPage) -> Iterator[ShownFinding]:
    """What decides first, what is known last; else in the order of the run."""
    result = page.result
    times = page.times or (None,) * len(result.findings)
    room = MOST_IN_REPORTS
    opened: set[SourceSpot] = set()
    paired = sorted(
        zip(result.findings, times, strict=True),
        key=lambda pair: (bool(pair[0].known), pair[0].verdict is not result.verdict),
    )
    for finding, when_s in paired[:MOST_FINDINGS]:
        splat = _splat(page, finding)
        seen: set[SourceSpot] = set()
        lines = splat.lines if splat and len(splat.lines) > len(finding.evidence) else ()
        report = tuple(lines[: min(MOST_REPORT, room)])
        room -= len(report)
        shown_lines = tuple(_line(page, each, seen) for each in finding.evidence)
        first = next((spot for line in shown_lines for spot in line.sources), None)
        yield ShownFinding(
            finding,
            when_s,
            shown_lines,
            None if first in opened else first,
            report,
            len(lines) - len(report),
            in_words(finding.known, result.known_issues) if finding.known else "",
        )
        opened |= {first} if first else set()


def _line(page: RunPage, each: EvidenceLine, seen: set[SourceSpot]) -> ShownLine:
    """seen: what the finding has shown already; a place is shown once."""
    place = f"{each.file}:{each.line}" if each.line else each.file
    spots = [page.sources.get(spot) for spot in page.spots.get(each.text, ())]
    new = tuple(spot for spot in spots if spot and spot not in seen)
    seen.update(new)
    return ShownLine(place, each.text, new)


def _splat(page: RunPage, finding: Finding) -> Splat | None:
    """The report a finding was made of: it begins at the same line."""
    evidence = page.result.evidence
    if finding.check != "splats" or not finding.evidence or evidence is None:
        return None
    first = finding.evidence[0].line
    return next((splat for splat in evidence.splats if splat.line == first), None)

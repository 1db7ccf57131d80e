# SPDX-License-Identifier: GPL-2.0-only
"""What the page of a run is made of: the run judged again, and what files and tree still tell."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from orchestrator.model.job import RunResult
from orchestrator.model.why import WhyVerdict


class SourceSpot(Struct, frozen=True):
    """A line of source and those around it. first: number of the first one in text, 1-based."""

    file: str
    line: int
    first: int
    text: tuple[str, ...]


class FileCoverage(Struct, frozen=True):
    """How often the lines of one file ran, by gcov. counts: (line, 1-based, times), ascending;
    lines without code are absent. source: line → its text, of lines that never ran; empty if the
    tree is gone."""

    file: str
    counts: tuple[tuple[int, int], ...]
    source: Mapping[int, str] = field(default_factory=dict)

    @property
    def run(self) -> int:
        """Lines that ran at least once."""
        return sum(1 for _, times in self.counts if times)

    @property
    def never(self) -> tuple[int, ...]:
        """Lines that did not."""
        return tuple(line for line, times in self.counts if not times)


class LogLine(Struct, frozen=True):
    """One line of the kernel's log. time_s: of the kernel's own clock. level: 0 emerg .. 7 debug,
    -1 if the line does not tell. line: 1-based, in the file the results were read from; 0: none."""

    time_s: float
    level: int
    text: str
    line: int = 0


class RunPage(Struct, frozen=True):
    """damage: what is missing, cut short or not what it was, in words. times: when each finding of
    the result was, by the kernel's own clock, as far as it is known. spots: text of an evidence
    line → (file, line) in the source that it names, innermost first. sources: of these, what the
    tree still has; sources_note: why some or all are not there. coverage_note: why there is none.
    log: the kernel's messages with a time. tail: the last lines of the console, as they are.
    files: (name, bytes) in the run directory."""

    result: RunResult
    why: WhyVerdict
    damage: tuple[str, ...] = ()
    times: tuple[float | None, ...] = ()
    spots: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    sources: Mapping[tuple[str, int], SourceSpot] = field(default_factory=dict)
    sources_note: str = ""
    coverage: tuple[FileCoverage, ...] = ()
    coverage_note: str = ""
    log: tuple[LogLine, ...] = ()
    tail: tuple[str, ...] = ()
    autopsy: tuple[str, ...] = ()
    files: tuple[tuple[str, int], ...] = ()

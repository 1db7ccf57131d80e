# SPDX-License-Identifier: GPL-2.0-only
"""Where the time of a run went: its stages, the machine, the kernel's way to init."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import markupsafe
from msgspec import Struct

from orchestrator.model.evidence import Evidence
from orchestrator.model.job import StageTime
from orchestrator.model.run_page import LogLine
from orchestrator.report.page_axis import Axis, columns, counted, finite, spans, strip

INIT = "Run /init as init process"  # run_init_process() in init/main.c
MOST_GAPS = 6
LEAST_GAP_S = 0.01


class Stage(Struct, frozen=True):
    """One stage, with a bar over the time of all."""

    name: str
    took_s: float
    cached: bool
    strip: markupsafe.Markup


class SuiteTime(Struct, frozen=True):
    """When a suite ran, in a strip over the machine's life."""

    name: str
    strip: markupsafe.Markup
    ended: bool


class Machine(Struct, frozen=True):
    """axis: host seconds since QEMU's start, or guest uptime where the two are not known to fit.
    host: whether it is the first. suites by name; starved: when the host had no time for it."""

    axis: Axis
    host: bool
    suites: dict[str, SuiteTime]
    starved: markupsafe.Markup | None


class Gap(Struct, frozen=True):
    """The log was silent for so long; between which messages."""

    length_s: float
    after_s: float
    before: str
    after: str


class BootLog(Struct, frozen=True):
    """The log along the kernel's clock. init_s: when init was started; None: not told."""

    axis: Axis
    lines: int
    init_s: float | None
    strip: markupsafe.Markup
    gaps: tuple[Gap, ...]


def stages_shown(stages: Sequence[StageTime]) -> list[Stage]:
    """One after the other."""
    axis = Axis(0.0, sum(stage.took_s for stage in stages))
    shown: list[Stage] = []
    at = 0.0
    for stage in stages:
        bar = "" if stage.cached else spans(axis, [(at, at + stage.took_s)])
        shown.append(Stage(stage.stage, stage.took_s, stage.cached, strip(("span", bar))))
        at += stage.took_s
    return shown


def machine_shown(evidence: Evidence) -> Machine | None:
    """None if nothing is known of when suites ran."""
    outcome, suites = evidence.outcome, evidence.guest.suites
    if not suites:
        return None
    zero = outcome.host.uptime_s
    if zero is not None:
        axis = Axis(0.0, outcome.wall_s)
    else:
        zero = 0.0
        ends = [suite.start_s if suite.end_s is None else suite.end_s for suite in suites]
        axis = Axis(0.0, max(ends))
    shown: dict[str, SuiteTime] = {}
    for suite in suites:
        end = axis.end if suite.end_s is None else suite.end_s - zero
        bar = spans(axis, [(suite.start_s - zero, end)])
        css = "bad" if suite.end_s is None else "span"
        shown[suite.name] = SuiteTime(suite.name, strip((css, bar)), suite.end_s is not None)
    starved = [(each.at_s, each.end_s) for each in outcome.host.starved]
    drawn = strip(("bad", spans(axis, starved))) if starved else None
    return Machine(axis, outcome.host.uptime_s is not None, shown, drawn)


def boot_log(log: Sequence[LogLine], marks: Sequence[float | None]) -> BootLog | None:
    """From the kernel's first message to its last. None if there are no two of them."""
    ordered = sorted(log, key=lambda line: line.time_s)
    if len(ordered) < 2:
        return None
    axis = Axis(0.0, ordered[-1].time_s)
    init_s = next((line.time_s for line in ordered if line.text.startswith(INIT)), None)
    bins = counted(axis, (line.time_s for line in ordered))
    loud = spans(axis, [(x.time_s, x.time_s) for x in ordered if 0 <= x.level <= 3])
    places = [axis.share(time) for time in finite([init_s])]
    found = [axis.share(time) for time in finite(marks)]
    drawn = strip(("n", columns(bins, max(bins))), ("loud", loud), marks=[*places, *found])
    return BootLog(axis, len(ordered), init_s, drawn, _gaps(ordered))


def _gaps(ordered: Sequence[LogLine]) -> tuple[Gap, ...]:
    """The longest silences, longest first."""
    pairs = sorted(
        itertools.pairwise(ordered), key=lambda pair: pair[0].time_s - pair[1].time_s
    )[:MOST_GAPS]  # fmt: skip
    found = (Gap(b.time_s - a.time_s, a.time_s, a.text, b.text) for a, b in pairs)
    return tuple(gap for gap in found if gap.length_s >= LEAST_GAP_S)

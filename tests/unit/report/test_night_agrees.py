# SPDX-License-Identifier: GPL-2.0-only
"""Whatever the nights were: reports are green exactly if the night's own verdict is."""

from __future__ import annotations

import datetime
import xml.etree.ElementTree as ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from sample_nights import BASE, FAIL, FIX, NONE, OTHER, PASS, PREVIOUS, SKIP, attempt, night

from orchestrator.judge.nights import judge_night, night_verdict
from orchestrator.model.history import NightRuns
from orchestrator.model.night import Attempt, CaseRow, CellKey
from orchestrator.model.night_told import tell
from orchestrator.model.standing import Quarantine
from orchestrator.model.verdict import Fault, Verdict
from orchestrator.parse.ktap import parse_ktap
from orchestrator.report.night_junit import night_junit
from orchestrator.report.night_ktap import night_ktap
from orchestrator.report.night_mail import night_mail
from orchestrator.report.night_stories import news, stories

CELLS = (BASE, FIX, OTHER)
TODAY = datetime.date(2026, 11, 25)
# What a run of each verdict can say of its cases, s.one and s.two.
SAID = {
    Verdict.PASS: [(PASS, PASS), (PASS, SKIP)],
    Verdict.SKIP: [(SKIP, SKIP)],
    Verdict.INCOMPLETE: [(PASS, NONE), (NONE, NONE), ()],
    Verdict.FAIL: [(FAIL, PASS), (PASS, FAIL), (FAIL, FAIL), (PASS, PASS)],
    Verdict.CRASH: [(PASS, NONE), (NONE, NONE), (FAIL, NONE)],
    Verdict.BUILD_BROKEN: [()],
    Verdict.INFRASTRUCTURE: [(), (PASS, NONE), (FAIL, PASS)],
}

# Such that a night is green often enough, and red by one thing alone.
USUAL = [*[Verdict.PASS] * 9, *[Verdict.FAIL] * 3, *SAID]


@st.composite
def run(draw: st.DrawFn, cell: CellKey, number: int, name: str) -> Attempt:
    verdict = draw(st.sampled_from(USUAL))
    statuses = draw(st.sampled_from(SAID[verdict]))
    rows = tuple(
        CaseRow(test, one) for test, one in zip(("s.one", "s.two"), statuses, strict=False)
    )
    titles = [f"{row.name} failed" for row in rows if row.status is FAIL]
    if verdict is Verdict.CRASH or (verdict is Verdict.FAIL and not titles):
        titles.insert(0, "WARNING in f")
    calm = verdict is Verdict.PASS
    return attempt(
        cell, number, id=f"{name}-{cell}-{number}", verdict=verdict, cases=rows,
        fault=None if calm else Fault.KERNEL, titles=tuple(titles),
        headline="" if calm else next(iter(titles), verdict.value),
        tree_key=draw(st.sampled_from("kl")),
    )  # fmt: skip


@st.composite
def runs(draw: st.DrawFn, name: str) -> tuple[Attempt, ...]:
    """Of a night: none, one or two attempts at each cell."""
    counts = {cell: draw(st.sampled_from([1, 1, 1, 1, 2, 2, 0])) for cell in CELLS}
    return tuple(
        draw(run(cell, number + 1, name)) for cell, n in counts.items() for number in range(n)
    )


ENTRIES = st.lists(
    st.builds(
        Quarantine,
        tests=st.sampled_from(["s.one", "s.*", "*", "other"]),
        cells=st.sampled_from(["*", str(FIX), "*/-/*"]),
        owner=st.just("who"),
        reason=st.just("why"),
        until=st.sampled_from(["2026-11-24", "2026-11-25", "2027-01-01"]),
    ),
    max_size=2,
)


@settings(deadline=None, max_examples=150)
@given(runs("1"), runs("2"), ENTRIES, st.sets(st.sampled_from(CELLS)))
def test_reports_are_green_exactly_if_the_night_is(
    before: tuple[Attempt, ...],
    tonight: tuple[Attempt, ...],
    entries: list[Quarantine],
    late: set[CellKey],
) -> None:
    tried = {each.cell for each in tonight}
    own = night(not_run=tuple(cell for cell in CELLS if cell in late - tried))
    last = NightRuns(PREVIOUS, before)
    judged = judge_night(NightRuns(own, tonight), [last], entries, TODAY)
    told = tell(judged, judge_night(last, [], entries, TODAY))
    assert told.green == (night_verdict(judged) is Verdict.PASS)
    root = ElementTree.fromstring(night_junit(told))
    assert told.green == (root.get("failures") == "0" and root.get("errors") == "0")
    results = parse_ktap(night_ktap(told).splitlines())
    assert results.errors == ()
    assert told.green == (results.counts.failed == 0)
    text = night_mail(told).get_content()
    assert ("All cells that were run are green." in text) == told.green
    assert news(told).why and len(
        {(each.change, each.test, each.title) for each in stories(told)}
    ) == len(stories(told))

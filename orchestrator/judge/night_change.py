# SPDX-License-Identifier: GPL-2.0-only
"""What one test of one cell, or the cell's verdict, is tonight: against before, against base."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from orchestrator.judge.night_flaky import flaky, same_sources
from orchestrator.judge.night_sights import CELL, Said, Sight, about
from orchestrator.model.night import Attempt, CaseStatus, Change
from orchestrator.model.night_run import settled
from orchestrator.model.standing import Rate
from orchestrator.model.verdict import Verdict

_NUMBER = re.compile(r"\d+")  # which may be another one every night


class Changed(Struct, frozen=True):
    """As in a Standing."""

    change: Change
    since: str = ""
    rate: Rate | None = None


def against_before(test: str, sights: Sequence[Sight]) -> Changed:
    """sights: of the cell, newest first; the first is tonight's, and names the test or has a
    night before it that does."""
    tonight, said = sights[0], sights[0].said(test)
    if said is Said.PASSED and not any(test in sight.red for sight in sights):
        return Changed(Change.PASSES)
    if said is Said.KNOWN:
        return Changed(Change.KNOWN)
    told = [sight for sight in sights[1:] if sight.said(test).tells]
    last = told[0] if told else None
    red = _red(test, told)
    if not said.tells:
        return Changed(Change.NOT_RUN, red[-1].night.started_at if red else "")
    ever = [sight for sight in told if sight.said(test).red]
    news = test == CELL and said is Said.FAILED and another_failure(tonight, ever)
    rate = None if news else flaky(test, sights)
    if rate:
        failed = [one for one in same_sources(sights) if one.said(test).red]
        return Changed(Change.FLAKY, failed[-1].night.started_at if failed else "", rate)
    if said is Said.PASSED:
        if last and last.said(test) is Said.FAILED:
            return Changed(Change.FIXED, last.night.started_at)
        return Changed(Change.PASSES)
    if not red or (test == CELL and another_failure(tonight, red)):
        return Changed(Change.NEW_FAILURE, tonight.night.started_at)
    return Changed(Change.STILL_FAILING, red[-1].night.started_at)


def _red(test: str, told: Sequence[Sight]) -> list[Sight]:
    """The nights until the last, without a green one between, that it failed in; newest first."""
    red = []
    for sight in told:
        if not sight.said(test).red:
            break
        red.append(sight)
    return red


def against_base(test: str, tonight: Sight, base: Sight | None, base_flaky: bool) -> Change | None:
    """The cell beside the same one without its patch. None if that says nothing of the test.

    base_flaky: it is in base by itself, though it may not have failed there tonight.
    """
    was = base.said(test) if base else Said.NOTHING
    said = tonight.said(test)
    if base is None or not was.tells or said is Said.KNOWN:
        return None
    if not said.tells:
        return Change.NOT_RUN
    if Said.MIXED in (said, was) or base_flaky:
        return Change.FLAKY
    if said is Said.PASSED:
        return Change.FIXED if was.red else Change.PASSES
    if not was.red or (test == CELL and another_failure(tonight, (base,))):
        return Change.NEW_FAILURE
    return Change.STILL_FAILING


def another_failure(tonight: Sight, others: Sequence[Sight]) -> bool:
    """Is the worst that this cell has found none of what the others found? A crash where tests
    failed until now is news. Numbers in titles don't count."""
    worst = _plain(deciding(tonight).headline)
    attempts = [attempt for sight in others for attempt in sight.attempts]
    known = {_plain(title) for one in attempts for title in (one.headline, *one.titles) if title}
    return bool(worst) and bool(known) and worst not in known


def _plain(title: str) -> str:
    return _NUMBER.sub("#", title)


def deciding(sight: Sight) -> Attempt:
    """The attempt whose verdict is the cell's."""
    verdict = settled(tuple(attempt.verdict for attempt in sight.attempts))
    return next(attempt for attempt in sight.attempts if attempt.verdict is verdict)


def headline(test: str, sight: Sight) -> str:
    """What failed tonight, in one line; "" if nothing did."""
    said = sight.said(test)
    if test == CELL:
        one = deciding(sight)
        green = one.verdict is Verdict.PASS
        return "" if green else one.headline or one.verdict.value
    if said is Said.NOTHING:
        return "planned, nothing was heard of it"
    if said is Said.SKIPPED:
        return "skipped"
    if said is Said.KNOWN:
        return f"{test.removesuffix('.*')} failed"
    if not said.red:
        return ""
    titles = (title for one in _failed(test, sight) for title in one.titles if about(title, test))
    return next(titles, f"{test.removesuffix('.*')} failed")


def _failed(test: str, sight: Sight) -> list[Attempt]:
    return [
        one
        for one in sight.attempts
        if any(case.name == test and case.status is CaseStatus.FAIL for case in one.cases)
    ]

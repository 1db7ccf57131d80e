# SPDX-License-Identifier: GPL-2.0-only
"""JudgedNight → what a reader is told first: how many of each change, and of what, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from orchestrator.model.dashboard import Dashboard
from orchestrator.model.night import Change
from orchestrator.model.standing import Standing

# In the order they are shown: name of class and icon, one, several, what it means.
CHANGES = {
    Change.NEW_FAILURE: ("new", "new failure", "new failures", "passed before, fails tonight"),
    Change.STILL_FAILING: ("still", "still failing", "still failing", "failed before, and tonight"),
    Change.FLAKY: ("flaky", "flaky", "flaky", "sometimes passes, sometimes not"),
    Change.SLOWER: ("slower", "slower", "slower", "takes longer than before, beyond chance"),
    Change.NOT_RUN: ("notrun", "not run", "not run", "left out tonight"),
    Change.QUARANTINED: ("quarantined", "quarantined", "quarantined",
                         "fails, but somebody has taken it on"),
    Change.KNOWN: ("known", "known issue", "known issues", "fails, and is proven not to be new"),
    Change.FIXED: ("fixed", "fixed", "fixed", "failed before, passes tonight"),
}  # fmt: skip

BETTER = (
    "better",
    "better than base",
    "better than base",
    "fails without the patch, passes with it",
)

_BESIDES = (Change.FLAKY, Change.SLOWER, Change.QUARANTINED)
_AGAINST_BASE = {
    Change.NEW_FAILURE: "not on base",
    Change.STILL_FAILING: "on base too",
    Change.FIXED: "fails on base",
    Change.FLAKY: "flaky, here or on base",
    Change.SLOWER: "faster on base",
}


class Group(Struct, frozen=True):
    """What is the same in several cells: shown once. test: "" for cells as a whole."""

    test: str
    headline: str
    since: str
    standings: tuple[Standing, ...]

    @property
    def said(self) -> str:
        """What failed, "" if that is only the test."""
        return said(self.test, self.headline)

    @property
    def cells(self) -> str:
        """ "3 cells" """
        count = len(self.standings)
        return "1 cell" if count == 1 else f"{count} cells"


class Section(Struct, frozen=True):
    """All of one change. tests: different ones, cells: that show any of it."""

    change: Change
    css: str
    title: str
    means: str
    groups: tuple[Group, ...]
    cells: int

    @property
    def count(self) -> int:
        """The figure on its tile: tests and cells as a whole that are told of."""
        tests = {group.test for group in self.groups if group.test}
        return len(tests) + len({s.cell for g in self.groups if not g.test for s in g.standings})

    @property
    def where(self) -> str:
        """ "in 3 cells", or "cells", under that figure."""
        if not any(group.test for group in self.groups):
            return "no cell" if not self.cells else "cell" if self.cells == 1 else "cells"
        return "in 1 cell" if self.cells == 1 else f"in {self.cells} cells"


def sections(standings: Sequence[Standing]) -> tuple[Section, ...]:
    """One for each change there is a name for, empty ones too; at last, if there is any, what
    passes and does not on base."""
    told = told_once(standings)
    found = [
        _section(change, words, [each for each in told if each.change is change])
        for change, words in CHANGES.items()
    ]
    better = [each for each in told if is_better(each)]
    if better:
        found.append(_section(Change.PASSES, BETTER, better))
    return tuple(found)


def is_better(standing: Standing) -> bool:
    """Does it pass where base fails, and did so before?"""
    return standing.change is Change.PASSES and standing.against_base is Change.FIXED


def told_once(standings: Iterable[Standing]) -> list[Standing]:
    """Without verdicts of cells that only repeat what is told of their tests; and tests of which
    nothing was heard are counted by cell: where a kernel crashed, there are many."""
    standings = list(standings)
    tests = {(each.cell, each.change) for each in standings if each.test}
    repeated = {(each.cell, words) for each in standings if each.test
                for words in (each.headline, f"{each.test} failed")}  # fmt: skip
    silent = [each for each in standings if each.test and each.change is Change.NOT_RUN]
    told = [
        each
        for each in standings
        if not (each.test and each.change is Change.NOT_RUN)
        if each.test
        or each.change is Change.NOT_RUN
        or (each.cell, each.change) not in tests
        or (each.headline and (each.cell, each.headline) not in repeated)
    ]
    counts = Counter(each.cell for each in silent)
    firsts = {each.cell: each for each in reversed(silent)}
    return told + [
        Standing(cell, "", Change.NOT_RUN, headline=_unheard(number, firsts[cell]),
                 attempts=firsts[cell].attempts)
        for cell, number in counts.items()
    ]  # fmt: skip


def said(test: str, headline: str) -> str:
    """The headline, "" if it says no more than that the test failed."""
    return "" if test and headline in (test, f"{test} failed") else headline


def against_base(standing: Standing) -> str:
    """In a few words; "" if there is nothing to say."""
    change = standing.against_base
    return _AGAINST_BASE.get(change, "") if change else ""


def detail(standing: Standing) -> str:
    """What is known of it in figures; "" for nothing."""
    if standing.rate:
        rate = standing.rate
        return (
            f"failed {rate.failed} of {rate.runs} runs "
            f"({rate.low:.0%} to {rate.high:.0%} with 95 % confidence)"
        )
    if standing.slow:
        slow = standing.slow
        return (
            f"{slow.now_s:.2f} s, was {slow.before_s:.2f} s: × {slow.ratio:.2f} "
            f"({slow.low:.2f} to {slow.high:.2f}), p {slow.p:.2g}"
        )
    if standing.quarantine:
        entry = standing.quarantine
        return f"until {entry.until}, {entry.owner}: {entry.reason}"
    return ""


def sentence(data: Dashboard, found: Sequence[Section]) -> str:
    """Tonight in one line."""
    count = {section.change: section.count for section in found}
    new, still = count[Change.NEW_FAILURE], count[Change.STILL_FAILING]
    ran = {attempt.cell for attempt in data.judged.attempts}
    if not ran:
        return "Nothing was run"
    if new:
        more = f", {still} still failing" if still else ""
        return f"{new} new {'failure' if new == 1 else 'failures'}{more}"
    if still:
        return f"Nothing new; {still} still failing"
    besides = [f"{count[c]} {c.value}" for c in _BESIDES if count[c]]
    if besides:
        return f"No failure that counts; {' and '.join(besides)}"
    if count[Change.NOT_RUN]:
        return "All that ran is green"
    return "All green"


def _unheard(number: int, first: Standing) -> str:
    more = {1: "", 2: " and 1 more test"}.get(number, f" and {number - 1} more tests")
    return f"no result of {first.test}{more}"


def _section(
    change: Change, words: tuple[str, str, str, str], standings: Sequence[Standing]
) -> Section:
    groups: dict[tuple[str, str, str, bool], list[Standing]] = {}
    for each in standings:
        key = (each.test, each.headline, each.since, each.quarantine is not None)
        groups.setdefault(key, []).append(each)
    css, one, several, means = words
    return Section(
        change=change,
        css=css,
        title=one if len(groups) == 1 else several,
        means=means,
        groups=tuple(
            Group(test, headline, since, tuple(members))
            for (test, headline, since, _), members in groups.items()
        ),
        cells=len({each.cell for each in standings}),
    )

# SPDX-License-Identifier: GPL-2.0-only
"""What a night has to tell, each thing once however many cells show it; and whether it is news."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from orchestrator.model.night import CellKey, Change
from orchestrator.model.night_told import Said, ToldCell, ToldNight, tell
from orchestrator.model.standing import JudgedNight, Standing
from orchestrator.report.clean import clean

# In the order they are told: what changed first.
ORDER = (
    Change.NEW_FAILURE,
    Change.FLAKY,
    Change.SLOWER,
    Change.FIXED,
    Change.STILL_FAILING,
    Change.QUARANTINED,
    Change.KNOWN,
    Change.NOT_RUN,
)
_LONGEST = 60  # characters of a name in a subject
_ALWAYS_NEWS = (Change.NEW_FAILURE, Change.FIXED)
_NEWS_AT_FIRST = (Change.FLAKY, Change.SLOWER)
_RED = (Change.NEW_FAILURE, Change.FLAKY, Change.STILL_FAILING, Change.QUARANTINED)
_WORDS = {
    Change.NEW_FAILURE: ("new failure", "new failures"),
    Change.FLAKY: ("flaky", "flaky"),
    Change.SLOWER: ("slower", "slower"),
    Change.FIXED: ("fixed", "fixed"),
    Change.STILL_FAILING: ("still failing", "still failing"),
    Change.QUARANTINED: ("quarantined", "quarantined"),
    Change.KNOWN: ("known issue", "known issues"),
    Change.NOT_RUN: ("not run", "not run"),
}


class Story(Struct, frozen=True):
    """One thing: what failed, or what stopped failing. test: "" if it is no test's. told: the
    standings that are this, cell by cell. mute: tests that never ended because of it."""

    change: Change
    test: str
    title: str
    told: tuple[Standing, ...]
    mute: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[CellKey, ...]:
        """That show it, each once."""
        return tuple(dict.fromkeys(standing.cell for standing in self.told))


class News(Struct, frozen=True):
    """Is there something to send? why: in words, either way; one line each, never empty."""

    changed: bool
    why: tuple[str, ...]


def stories(told: ToldNight) -> tuple[Story, ...]:
    """All but what simply passes, what changed first; of one sort, the one with most cells first.

    A cell's verdict is one with its test, if that is all that is wrong there; tests of which
    nothing was heard are one with the verdict. What was skipped is none.
    """
    found: dict[tuple[Change, str, str], list[Standing]] = defaultdict(list)
    mute: dict[tuple[Change, str, str], dict[str, None]] = defaultdict(dict)
    for cell in told.cells:
        own = cell.standing
        silent = _silent(cell) if own and own.change in _RED else set()
        tests = [
            each.standing for each in cell.cases if each.standing and each.said is not Said.SKIP
        ]
        for standing in tests if own is None or _said_by(own, tests) else (own, *tests):
            if own and standing.test in silent:
                mute[_key(own)].setdefault(standing.test)
            elif standing.change is not Change.PASSES:
                found[_key(standing)].append(standing)
    rank = {change: place for place, change in enumerate(ORDER)}
    made = [
        Story(change, test, title, tuple(each), tuple(mute[change, test, title]))
        for (change, test, title), each in found.items()
    ]
    return tuple(sorted(made, key=lambda story: (rank[story.change], -len(story.told))))


def _key(standing: Standing) -> tuple[Change, str, str]:
    return standing.change, standing.test, standing.headline


def _silent(cell: ToldCell) -> set[str]:
    """Tests that were planned, and that no attempt tells of."""
    return {case.name for case in cell.cases if case.said is Said.MISSING}


def _said_by(own: Standing, tests: Sequence[Standing]) -> bool:
    """Is the verdict no more than what a test of the cell says? A boot may be slower by itself."""
    same = [each for each in tests if each.change is own.change is not Change.SLOWER]
    return any(
        own.headline in ("", each.headline, f"{each.test} failed", each.test) for each in same
    )


def title_of(story: Story) -> str:
    """ "s.one: WARNING in f", "s.one", "WARNING in f", "the run as a whole" """
    title = clean(story.title)
    test = clean(story.test)
    if not test or not title:
        return test or title or "the run as a whole"
    return title if title.startswith(test) else f"{test}: {title}"


def counted(found: Sequence[Story]) -> str:
    """ "1 new failure, 2 still failing, 1 fixed", "". What was not run is no story of a kernel."""
    parts = []
    for change in ORDER:
        count = sum(story.change is change for story in found)
        if count and change is not Change.NOT_RUN:
            parts.append(f"{count} {_WORDS[change][count > 1]}")
    return ", ".join(parts)


def subject(told: ToldNight, found: Sequence[Story]) -> str:
    """ "[orchestrate] MATRIX: 1 new failure, 2 still failing, 1 fixed (6.x.y)", harmless."""
    said = counted(found)
    nothing = sum(each.said in (Said.HOST, Said.NOT_RUN) for each in told.cells)
    parts = [said] if said else []
    if told.said_nothing:
        parts = ["nothing is known of any kernel"]
    elif nothing:
        parts.append(f"{nothing} not run")
    elif not parts:
        parts = ["all pass" if told.green else "not green"]
    releases = told.releases
    names = ", ".join(releases) if len(releases) < 3 else f"{len(releases)} releases"
    after = f" ({names[:_LONGEST]})" if names else ""
    matrix = told.judged.night.matrix[:_LONGEST]
    return clean(f"[orchestrate] {matrix}: {', '.join(parts)}{after}")


def news(told: ToldNight) -> News:
    """Something changed since the night before, or there was none."""
    judged = told.judged
    if judged.previous is None:
        return News(True, ("it is the first night of this matrix",))
    known = _known(told.before)
    fresh = [
        story
        for story in stories(told)
        if story.change in _ALWAYS_NEWS
        or (
            story.change in _NEWS_AT_FIRST
            and any(_key_at(standing) not in known for standing in story.told)
        )
    ]
    why = [f"{story.change.value}: {title_of(story)}" for story in fresh]
    if told.said_nothing and not _said_nothing(told.before):
        why.append("nothing is known of any kernel tonight: no cell was run to its end")
    if why:
        return News(True, tuple(why))
    return News(False, (f"nothing changed since the night of {clean(judged.previous.started_at)}",))


def _said_nothing(before: JudgedNight | None) -> bool:
    return before is not None and tell(before).said_nothing


def _key_at(standing: Standing) -> tuple[CellKey, str, Change]:
    return standing.cell, standing.test, standing.change


def _known(before: JudgedNight | None) -> set[tuple[CellKey, str, Change]]:
    return {_key_at(each) for each in before.standings} if before else set()

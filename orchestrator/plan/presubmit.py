# SPDX-License-Identifier: GPL-2.0-only
"""In which order a presubmit does its work, what it leaves out, and which base it takes; pure.

Before all else what costs no build: checkpatch of every commit. Then what a developer wants to
know first: does what I have build and boot? So the last step comes first, and warnings, which
borrow its kernel. Then the steps from the first on, for bisects of others. Then the last commit in
full, the configurations before the comparison, which takes longest and finds least that is new.
"""

from __future__ import annotations

import enum
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

MOST_COMMITS = 100


class Work(enum.Enum):
    """What is begun at a time, and how long it takes if nothing is known, in seconds."""

    CHECKPATCH = "checkpatch"
    BUILD = "build"
    WARNINGS = "warnings"
    BOOT = "boot"
    CONFIG = "configuration"
    COMPARE = "comparison"


GUESS_S = {
    Work.CHECKPATCH: 2.0,
    Work.BUILD: 25.0,
    Work.WARNINGS: 4.0,
    Work.BOOT: 15.0,
    Work.CONFIG: 60.0,
    Work.COMPARE: 120.0,
}


def in_order(steps: Sequence[int], last_commit: int) -> tuple[int, ...]:
    """Numbers of steps as they are built: the last one, the last commit, then from the first."""
    first = [number for number in (*steps[-1:], last_commit) if number in steps]
    return tuple(dict.fromkeys((*first, *steps)))


@dataclass
class Budget:
    """What may still be begun. end_s: on the clock that now_s is of; None: everything."""

    end_s: float | None = None
    took: dict[Work, list[float]] = field(default_factory=dict)

    def expects(self, work: Work) -> float:
        """Seconds, from what such work took before."""
        known = self.took.get(work, [])
        return statistics.median(known[-5:]) if known else GUESS_S[work]

    def learn(self, work: Work, took_s: float) -> None:
        self.took.setdefault(work, []).append(took_s)

    def allows(self, now_s: float, *works: Work, ahead_s: float = 0.0) -> bool:
        """Would these, one after the other, end by then? ahead_s: of what must end before."""
        need_s = ahead_s + sum(map(self.expects, works))
        return self.end_s is None or now_s + need_s <= self.end_s


class Base(Struct, frozen=True):
    """A commit that could be where the range begins. ahead: commits of HEAD's beyond it."""

    commit: str
    why: str
    ahead: int
    upstream: bool = False


def choose_base(candidates: Iterable[Base], *, dirty: bool) -> Base | None:
    """The branch's upstream if there is something beyond it, or changes that are not committed;
    else the nearest of the others. None: nothing that can be justified."""
    found = list(candidates)
    for each in found:
        if each.upstream and (0 < each.ahead <= MOST_COMMITS or (dirty and not each.ahead)):
            return each
    others = [each for each in found if not each.upstream and 0 < each.ahead <= MOST_COMMITS]
    return min(others, key=lambda each: each.ahead, default=None)


def split_range(text: str) -> tuple[str, str] | None:
    """ "A..B", "A.." or "A" → (A, B), with HEAD where nothing is; None for others."""
    first, _, last = text.partition("..")
    if not first or "..." in text or text.startswith("-"):
        return None
    return first, last or "HEAD"

# SPDX-License-Identifier: GPL-2.0-only
"""Which cells first? Those of which most is learnt, by what the nights before say of each.

Never run; changed since it last ran, above all in files its patch touches; now this, now that on
the same sources; not green last time; with a patch; the rest, the longest not run first. Among
equals, whatever brings a tree, patch, configuration, topology or set of suites into the night that
was not in it yet; then cells of one kernel together.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence

from msgspec import Struct

from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.night_run import Reason, kernel_of
from orchestrator.model.verdict import Verdict

RECENT = 10  # attempts, of which flakiness is told
_SHOWN = 2  # files named as a reason
_RANK = {reason: number for number, reason in enumerate(Reason)}


class Facts(Struct, frozen=True):
    """What is known of one cell. earlier: its attempts before this night, newest first. sources:
    as Attempt.tree_key, as they are now; "": not known. changed: the files in which they differ
    from those of the last attempt; None: not known. touched: files that its patch changes."""

    earlier: tuple[Attempt, ...] = ()
    sources: str = ""
    changed: frozenset[str] | None = None
    touched: frozenset[str] = frozenset()

    @property
    def telling(self) -> tuple[Attempt, ...]:
        """Attempts that say something of the kernel."""
        return tuple(each for each in self.earlier if each.verdict is not Verdict.INFRASTRUCTURE)


NOTHING = Facts()


def why(facts: Facts) -> tuple[Reason, str]:
    """The strongest reason to run a cell, and the same in words."""
    told = facts.telling
    if not told:
        failed = "never run to its end" if facts.earlier else Reason.NEVER_RUN.value
        return Reason.NEVER_RUN, failed
    last = told[0]
    if facts.sources and last.tree_key != facts.sources:
        both = sorted((facts.changed or frozenset()) & facts.touched)
        if both:
            more = f" and {len(both) - _SHOWN} more" if len(both) > _SHOWN else ""
            return Reason.TOUCHED, f"changed in {', '.join(both[:_SHOWN])}{more}, as its patch does"
        return Reason.CHANGED, f"changed since {last.started_at[:10]}"
    if is_flaky(told[:RECENT]):
        return Reason.FLAKY, f"flaky in its last {len(told[:RECENT])} runs"
    if last.verdict is not Verdict.PASS:
        return Reason.RED, f"{last.verdict.value} on {last.started_at[:10]}"
    if facts.touched:
        return Reason.PATCHED, f"has a patch, green on {last.started_at[:10]}"
    return Reason.AGAIN, f"green on {last.started_at[:10]}"


def is_flaky(attempts: Sequence[Attempt]) -> bool:
    """Did the same sources both pass and not pass?"""
    said: dict[str, set[bool]] = {}
    for attempt in attempts:
        said.setdefault(attempt.tree_key, set()).add(attempt.verdict is Verdict.PASS)
    return any(len(greens) > 1 for greens in said.values())


def in_order(cells: Sequence[CellKey], facts: Mapping[CellKey, Facts]) -> tuple[CellKey, ...]:
    """All of them, each once, the most informative first. The same facts give the same order."""
    reasons = {cell: why(facts.get(cell, NOTHING))[0] for cell in cells}
    place = {cell: number for number, cell in enumerate(cells)}
    seen: set[tuple[int, str]] = set()
    done: list[CellKey] = []
    for reason in sorted(set(reasons.values()), key=_RANK.__getitem__):
        left = [cell for cell in place if reasons[cell] is reason]
        left.sort(key=lambda cell: (_last_run(facts.get(cell, NOTHING)), place[cell]))
        first = _bringing_new(left, seen)
        done += first
        brought = set(first)
        left = [cell for cell in left if cell not in brought]
        done += left if reason is Reason.AGAIN else _together(left, done)
    return tuple(done)


def _bringing_new(left: Sequence[CellKey], seen: set[tuple[int, str]]) -> list[CellKey]:
    """Whatever brings the most that is not in seen, again and again, the first of equals; seen
    grows by it. What a cell brings only gets less: one that still brings what it did is the best.
    """
    waiting = [(-_new(cell, seen), number) for number, cell in enumerate(left)]
    heapq.heapify(waiting)
    done: list[CellKey] = []
    while waiting:
        brought, number = heapq.heappop(waiting)
        brings = -_new(left[number], seen)
        if brings != brought:
            heapq.heappush(waiting, (brings, number))
        elif not brings:
            break
        else:
            done.append(left[number])
            seen |= _values(left[number])
    return done


def _last_run(facts: Facts) -> str:
    return facts.earlier[0].started_at if facts.earlier else ""


def _together(left: Sequence[CellKey], before: Sequence[CellKey]) -> list[CellKey]:
    """Cells of one kernel one after the other, kernels that the night has already first."""
    kernels = dict.fromkeys(map(kernel_of, (*before, *left)))
    rank = {kernel: number for number, kernel in enumerate(kernels)}
    return sorted(left, key=lambda cell: rank[kernel_of(cell)])


def _values(cell: CellKey) -> set[tuple[int, str]]:
    values = (cell.tree, cell.patch, cell.config, cell.topology, cell.suites)
    return set(enumerate(values))


def _new(cell: CellKey, seen: set[tuple[int, str]]) -> int:
    return len(_values(cell) - seen)

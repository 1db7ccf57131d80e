# SPDX-License-Identifier: GPL-2.0-only
"""Delta debugging (Zeller's ddmin) over the dimensions of a setup. What fails is asked of a
callback, so the search itself is a pure function of its answers.

Nothing is assumed of the predicate but that the start fails. If it is monotone, the result is the
one smallest set; if not, it is still 1-minimal: no single thing can be left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)
S = TypeVar("S", bound=Hashable)


def ddmin(items: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """A 1-minimal part of items, in their order, on which `fails` holds. It must hold on items.

    fails is asked of the empty part first; at most len(items)**2 + 3 * len(items) + 1 times.
    """
    if not items or fails(()):
        return ()
    kept, pieces = tuple(items), 2
    while len(kept) >= 2:
        parts = _cut(kept, pieces)
        rests = [tuple(x for x in kept if x not in set(part)) for part in parts]
        smaller = next((part for part in (*parts, *rests) if part != kept and fails(part)), None)
        if smaller is not None:
            pieces = max(pieces - 1, 2) if len(smaller) > len(kept) // 2 else 2
            kept = smaller
        elif pieces >= len(kept):
            break
        else:
            pieces = min(len(kept), pieces * 2)
    return kept


def _cut(items: tuple[T, ...], pieces: int) -> list[tuple[T, ...]]:
    """Into so many parts of about the same length; none is empty."""
    pieces = min(pieces, len(items))
    ends = [len(items) * at // pieces for at in range(pieces + 1)]
    return [items[a:b] for a, b in itertools.pairwise(ends)]


@dataclass(frozen=True)
class Dimension(Generic[S]):
    """Things of a setup that can be left out. items: those of a setup, each once; keep: the setup
    with these of them alone, None if there is no such machine."""

    name: str
    items: Callable[[S], tuple[Hashable, ...]]
    keep: Callable[[S, tuple[Hashable, ...]], S | None]


def shrink(
    start: S,
    dimensions: Sequence[Dimension[S]],
    fails: Callable[[S], bool],
    better: Callable[[S], None] = lambda _: None,
) -> S:
    """The smallest setup: in no dimension can one more thing be left out.

    better: told of each smaller setup that fails, so that one who is interrupted has the best.
    fails may raise: the search ends then.
    """
    best, before = start, None
    while best != before:
        before = best
        for dimension in dimensions:
            best = _along(best, dimension, fails, better)
    return best


def _along(
    setup: S,
    dimension: Dimension[S],
    fails: Callable[[S], bool],
    better: Callable[[S], None],
) -> S:
    def part_fails(kept: tuple[Hashable, ...]) -> bool:
        smaller = dimension.keep(setup, kept)
        if smaller is None or not fails(smaller):
            return False
        better(smaller)
        return True

    items = dimension.items(setup)
    kept = ddmin(items, part_fails)
    if kept == items:
        return setup
    return dimension.keep(setup, kept) or setup

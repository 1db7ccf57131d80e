# SPDX-License-Identifier: GPL-2.0-only
"""Delta debugging (Zeller's ddmin) over the dimensions of a setup. What fails is asked of a
callback, so the search itself is a pure function of its answers.

Nothing is assumed of the predicate but that the start fails. If it is monotone and there is one
smallest set, the result is that; if not, it is still 1-minimal: no single thing can be left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T", bound=Hashable)
S = TypeVar("S", bound=Hashable)
# Takes a setup and what is asked of smaller ones; gives the smallest that failed, or the same.
Reducer = Callable[[S, Callable[[S], bool]], S]


def ddmin(items: Sequence[T], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """A 1-minimal part of items, in their order, on which `fails` holds. It must hold on items,
    each of which is there once.

    fails is asked of the empty part first; at most len(items)**2 + 3 * len(items) + 1 times.
    """
    if not items or fails(()):
        return ()
    kept, pieces = tuple(items), 2
    while len(kept) >= 2:
        parts = _cut(kept, pieces)
        rests = [tuple(x for x in kept if x not in set(part)) for part in parts]
        smaller = next((part for part in (*parts, *rests) if fails(part)), None)
        if smaller is not None:
            pieces = max(pieces - 1, 2) if smaller in rests and smaller not in parts else 2
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


class Dimension(Struct, Generic[S], frozen=True):
    """Things of a setup that can be left out. items: those of a setup, each once; keep: the setup
    with these of them alone, None if there is no such machine."""

    name: str
    items: Callable[[S], tuple[Hashable, ...]]
    keep: Callable[[S, tuple[Hashable, ...]], S | None]

    def __call__(self, setup: S, fails: Callable[[S], bool]) -> S:
        """A Reducer."""
        best = setup

        def part_fails(kept: tuple[Hashable, ...]) -> bool:
            nonlocal best
            smaller = self.keep(setup, kept)
            if smaller is None or not fails(smaller):
                return False
            best = smaller
            return True

        ddmin(self.items(setup), part_fails)
        return best


def first_of(candidates: Callable[[S], Iterable[S]]) -> Reducer[S]:
    """A reducer: the first of these that fails."""

    def reduced(setup: S, fails: Callable[[S], bool]) -> S:
        return next((smaller for smaller in candidates(setup) if fails(smaller)), setup)

    return reduced


def shrink(
    start: S,
    reducers: Sequence[Reducer[S]],
    fails: Callable[[S], bool],
    better: Callable[[S], None] = lambda _: None,
) -> S:
    """A smaller setup that fails: each reducer was asked once. What a later one left out may allow
    an earlier one more; whoever asks until nothing changes has a 1-minimal setup.

    better: told of each smaller setup that fails, so that one who is interrupted has the best.
    fails may raise: the search ends then.
    """

    def asked(setup: S) -> bool:
        if not fails(setup):
            return False
        better(setup)
        return True

    best = start
    for reducer in reducers:
        best = reducer(best, asked)
    return best

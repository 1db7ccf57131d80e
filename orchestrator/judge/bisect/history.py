# SPDX-License-Identifier: GPL-2.0-only
"""Who holds whose change, as sets of steps in the bits of an int."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct


class History(Struct, frozen=True):
    """reach[i]: the steps whose change step i has, itself included; step 0 is in all of them.

    A fault that came with step c is in step i if bit c of reach[i] is set.
    """

    parents: tuple[tuple[int, ...], ...]
    reach: tuple[int, ...]

    @property
    def last(self) -> int:
        return len(self.reach) - 1

    @property
    def everything(self) -> int:
        return (1 << len(self.reach)) - 1


def history(parents: Sequence[Sequence[int]]) -> History:
    """parents[i]: numbers smaller than i. Whoever has none in the history comes from step 0.

    ValueError if a parent is not before its child.
    """
    reach: list[int] = []
    for node, theirs in enumerate(parents):
        if any(not 0 <= parent < node for parent in theirs):
            raise ValueError(f"step {node} has a parent that is not before it")
        held = 1 | 1 << node
        for parent in theirs:
            held |= reach[parent]
        reach.append(held)
    return History(tuple(tuple(theirs) for theirs in parents), tuple(reach))


def line(steps: int) -> History:
    """Steps one after the other, as patches are."""
    return history([(node - 1,) if node else () for node in range(steps)])


def bits(mask: int) -> Iterator[int]:
    """Numbers of the bits that are set, smallest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low

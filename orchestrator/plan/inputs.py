# SPDX-License-Identifier: GPL-2.0-only
"""How the inputs of two keys differ, and which earlier entry is nearest."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.model.inputs import Input, InputChange, KeyInputs


def changes(before: KeyInputs, now: KeyInputs) -> tuple[InputChange, ...]:
    """What differs, in the order of `now`, then what is gone. Equal inputs: nothing.

    The same input twice (a patch that is applied twice) counts by its place among its namesakes.
    """
    old, new = _by_name(before.inputs), _by_name(now.inputs)
    found = [
        InputChange(name[0], name[1], old.get(name, ""), value)
        for name, value in new.items()
        if old.get(name) != value
    ]
    gone = [
        InputChange(name[0], name[1], value, "") for name, value in old.items() if name not in new
    ]
    return (*found, *gone)


def nearest(of: KeyInputs, others: Iterable[KeyInputs]) -> KeyInputs | None:
    """The earlier entry of the same kind with the fewest groups, then inputs, that differ.

    Of equals the youngest. None if no other is as old as this one or older.
    """
    earlier = [
        other
        for other in others
        if other.kind == of.kind and other.key != of.key and other.made_s <= of.made_s
    ]
    return min(earlier, key=lambda other: _distance(other, of), default=None)


def _distance(other: KeyInputs, of: KeyInputs) -> tuple[int, int, float, str]:
    differing = changes(other, of)
    return len({each.group for each in differing}), len(differing), -other.made_s, other.key


def _by_name(inputs: Iterable[Input]) -> dict[tuple[str, str, int], str]:
    found: dict[tuple[str, str, int], str] = {}
    for each in inputs:
        place = 0
        while (each.group, each.name, place) in found:
            place += 1
        found[each.group, each.name, place] = each.value
    return found

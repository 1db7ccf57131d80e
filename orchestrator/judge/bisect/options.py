# SPDX-License-Identifier: GPL-2.0-only
"""Options in which two configurations differ, in an order, and configurations between the two.

A bisect wants steps one after the other, and options are none. So they get an order, in which the
first k are as in the bad configuration: somewhere on that way the failure begins, with one option
that is needed for it together with some of those before. That one is kept for good, and those
behind it are dropped; then the next that is needed is looked for among those before, until those
that were found are enough (Zeller's dd by binary search; QuickXplain has the same idea). What an
option depends on is found likewise, since Kconfig drops an option that lacks it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from orchestrator.model.bisect_options import Change

Values = Mapping[str, str]  # option → value; what is not set is not there


def changes(good: Values, bad: Values) -> tuple[Change, ...]:
    """All that differ. In the order of the files, in which options stand beside what they depend
    on."""
    places = {name: number for number, name in enumerate(good)}
    for number, name in enumerate(bad):
        places.setdefault(name, number)
    found = [
        Change(name, good.get(name, "n"), bad.get(name, "n"))
        for name in places
        if good.get(name, "n") != bad.get(name, "n")
    ]
    return tuple(sorted(found, key=lambda change: (places[change.name], change.name)))


def mixed(good: Values, differing: Sequence[Change], as_bad: Collection[str]) -> dict[str, str]:
    """The good configuration with these options as in the bad one, as it is to be asked for.

    What is new comes last: of a choice, Kconfig takes the last that is asked for.
    """
    flipped = [change for change in differing if change.name in as_bad]
    names = {change.name for change in flipped}
    asked = {name: value for name, value in good.items() if name not in names}
    asked.update((change.name, change.bad) for change in flipped if change.bad != "n")
    return asked


def side_effects(
    good: Values, closed: Values, culprits: Collection[str]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """(changes of the culprits, all others), of a closed configuration against the good one."""
    found = changes(good, closed)
    own = tuple(change for change in found if change.name in culprits)
    return own, tuple(change for change in found if change.name not in culprits)

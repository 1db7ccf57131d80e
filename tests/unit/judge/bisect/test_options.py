# SPDX-License-Identifier: GPL-2.0-only
"""Configurations between two: what differs, in which order, and how it is asked for."""

from __future__ import annotations

from orchestrator.judge.bisect.options import changes, mixed, side_effects
from orchestrator.model.bisect_options import Change

GOOD = {"CONFIG_A": "y", "CONFIG_B": "y", "CONFIG_N": "3"}
BAD = {"CONFIG_A": "y", "CONFIG_NEW": "m", "CONFIG_N": "4", "CONFIG_LAST": '"x y"'}


def test_all_that_differ_in_the_order_of_the_files() -> None:
    found = changes(GOOD, BAD)
    assert found == (
        Change("CONFIG_B", "y", "n"),
        Change("CONFIG_NEW", "n", "m"),
        Change("CONFIG_N", "3", "4"),
        Change("CONFIG_LAST", "n", '"x y"'),
    )
    assert changes(GOOD, dict(GOOD)) == ()
    assert str(found[0]) == "CONFIG_B y → n"


def test_a_mixture_asks_for_what_is_new_last_and_not_for_what_is_off() -> None:
    """Of a choice, Kconfig takes the last; and "=n" is no value of a number."""
    differing = changes(GOOD, BAD)
    asked = mixed(GOOD, differing, {"CONFIG_B", "CONFIG_N"})
    assert list(asked.items()) == [("CONFIG_A", "y"), ("CONFIG_N", "4")]
    assert mixed(GOOD, differing, ()) == GOOD
    assert mixed(GOOD, differing, {change.name for change in differing}) == BAD


def test_what_an_option_brings_is_told_apart_from_it() -> None:
    closed = {**GOOD, "CONFIG_NEW": "m", "CONFIG_SELECTED": "y"}
    own, brings = side_effects(GOOD, closed, {"CONFIG_NEW"})
    assert own == (Change("CONFIG_NEW", "n", "m"),)
    assert brings == (Change("CONFIG_SELECTED", "n", "y"),)

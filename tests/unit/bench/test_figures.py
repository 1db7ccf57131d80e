# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from figures import Ratio, Series, Spread, spread
from hypothesis import given
from hypothesis import strategies as st
from sample_sections import BOOT, SCALE


@given(st.lists(st.floats(0.001, 1e6), min_size=1))
def test_the_median_lies_between_least_and_most(values: list[float]) -> None:
    found = spread(values)
    assert found.least <= found.median <= found.most
    assert found.count == len(values)


def test_a_ratio_is_taken_pair_by_pair() -> None:
    """A machine that slows down to a half in the middle changes no ratio."""
    ratio = Ratio("a / b", (2.0, 2.0, 4.0, 4.0), (1.0, 1.0, 2.0, 2.0))
    assert ratio.values == (2.0, 2.0, 2.0, 2.0)
    assert ratio.kept is None


def test_pairs_that_do_not_match_are_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        _ = Ratio("a / b", (1.0, 2.0), (1.0,)).values


@pytest.mark.parametrize(
    ("limit", "at_least", "kept"),
    [(2.0, False, True), (1.9, False, False), (2.0, True, True), (2.1, True, False)],
)
def test_a_limit_is_about_the_median(limit: float, at_least: bool, kept: bool) -> None:
    assert Ratio("a / b", (1.0, 2.0, 9.0), (1.0, 1.0, 1.0), limit, at_least).kept is kept
    if not at_least:
        assert Series("a", (1.0, 2.0, 9.0), limit=limit).kept is kept


def test_figures_name_every_median_that_is_kept() -> None:
    assert BOOT.figures()["boot: numa2, boot"] == Spread(2.5, 2.0, 3.0, 3)
    assert BOOT.figures()["boot: numa2, boot / QEMU"].median == 1.5
    assert SCALE.figures()["scale: boot, 16 nodes"] == Spread(5.0, 4.0, 6.0, 3)
    assert len(SCALE.figures()) == 5

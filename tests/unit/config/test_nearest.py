# SPDX-License-Identifier: GPL-2.0-only
"""What is said of a name that does not exist."""

from __future__ import annotations

from orchestrator.config.nearest import unknown


def test_the_nearest_name_and_all_of_them() -> None:
    error = unknown("fragment", "kasn", ["numa", "kasan"])
    assert error.message == "no fragment named 'kasn'"
    assert error.hint == "did you mean kasan? there are: kasan, numa"


def test_no_guess_where_nothing_is_near() -> None:
    assert unknown("fragment", "zzz", ["numa", "kasan"]).hint == "there are: kasan, numa"

# SPDX-License-Identifier: GPL-2.0-only
"""The tables, and where they stand in docs/scaling.md."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sim_page import duration, one_night, tables, validation, with_tables
from sim_setting import Failures
from sim_sweep import Case, as_it_is, cases, mended, run
from sim_times import load

TIMES = load()
PAGE = Path(__file__).parents[3] / "docs" / "scaling.md"


def test_each_table_of_the_page_is_made_and_each_one_made_is_shown() -> None:
    wanted = [*cases(TIMES, 96, 2, 1)]
    one = run(Case("", "", 96, as_it_is(TIMES, 2, 1)))
    made = tables([replace(one, case=case) for case in wanted], TIMES)
    shown = re.findall(r"<!-- sim: ([a-z-]+) -->", PAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted([*made, "validation"])


def test_a_table_takes_the_place_of_the_old_one() -> None:
    page = "a\n<!-- sim: x -->\nold\n<!-- end -->\nb"
    new = with_tables(page, {"x": "| new |"})
    assert new == "a\n<!-- sim: x -->\n\n| new |\n\n<!-- end -->\nb"
    assert with_tables(new, {"x": "| new |"}) == new
    with pytest.raises(KeyError):
        with_tables(page, {})


def test_what_is_mended_is_not_in_the_way() -> None:
    """Where one thing alone costs much, the night takes as long as that does."""
    plain = as_it_is(TIMES, 20, 1)
    slow = replace(plain, write_s=1.0, failures=replace(Failures(), scheduler_h=None))
    ran = run(Case("", "", 240, slow))
    assert ran.busy["scheduler"] / ran.took_s > 0.8 and ran.saturated_at("history") < 20
    took = [run(Case("", "", 240, setting)).took_s for _, setting in mended(TIMES, plain)]
    assert took[-1] <= took[0] < ran.took_s


def test_words() -> None:
    assert [duration(each) for each in (48, 204, 18720)] == ["48 s", "3.4 min", "5.2 h"]
    assert validation().count("\n") > 2
    text = one_night(run(Case("", "", 96, as_it_is(TIMES, 2, 1))))
    assert "| cells, kernels, hosts | 96, 24, 2 |" in text

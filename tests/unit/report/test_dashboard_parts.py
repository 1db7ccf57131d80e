# SPDX-License-Identifier: GPL-2.0-only
"""Marks, strips, plots, names, and what is told first: the parts of a dashboard."""

from __future__ import annotations

import itertools
import math
import re

import pytest
from msgspec.structs import replace
from sample_dashboard import BASE, PATCHED, QUARANTINE, attempt, dashboard

from orchestrator.model.dashboard import Mark, mixed
from orchestrator.model.night import CellKey, Change
from orchestrator.model.standing import Rate, Slowdown, Standing
from orchestrator.report.dashboard_cells import cell_views, grids
from orchestrator.report.dashboard_names import cell_file, name, shown, suite_file
from orchestrator.report.dashboard_plots import quartiles, seconds, timing
from orchestrator.report.dashboard_rows import bars
from orchestrator.report.dashboard_strips import strip, strip_words
from orchestrator.report.dashboard_tests import HistoryRow, by_cell, suite_views, together
from orchestrator.report.dashboard_tonight import (
    against_base,
    detail,
    said,
    sections,
    sentence,
    told_once,
)
from orchestrator.report.dashboard_trend import trend

DAYS = ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")


def test_a_retry_hides_nothing_and_the_order_of_runs_does_not_matter() -> None:
    assert mixed((Mark.FAIL, Mark.PASS)) is Mark.MIXED
    assert mixed((Mark.NOTHING, Mark.PASS)) is Mark.MIXED
    assert mixed((Mark.HOST, Mark.PASS)) is Mark.PASS
    assert mixed((Mark.NOT_RUN, Mark.HOST)) is Mark.HOST
    for one, other in itertools.product(Mark, Mark):
        assert mixed((one, other)) is mixed((other, one))
        assert mixed((one, one)) is one
        assert mixed((one, Mark.NOT_RUN)) is one
    assert mixed(()) is Mark.NOT_RUN


def test_a_known_issue_excuses_no_failure_beside_it() -> None:
    assert mixed((Mark.KNOWN, Mark.PASS)) is Mark.KNOWN
    assert mixed((Mark.KNOWN, Mark.FAIL)) is Mark.FAIL
    assert mixed((Mark.KNOWN, Mark.NOTHING)) is Mark.NOTHING
    assert mixed((Mark.KNOWN, Mark.PASS, Mark.FAIL)) is Mark.MIXED
    row = HistoryRow("s.one", "fkk")
    assert (row.red, row.rank[0]) == (1, True), "tonight it is not red"
    assert together(["k", "p"]) == "k" and together(["k", "f"]) == "f"
    assert "3 of 3 nights" in bars("kkk", DAYS[:3])


def drawn(marks: str) -> dict[str, str]:
    """Class of each path → what it draws."""
    return dict(re.findall(r'<path class="(\w+)" d="([^"]*)"', strip(marks, ("d",) * len(marks))))


def test_nights_alike_are_one_stroke_that_dashes_make_bars_of() -> None:
    assert drawn("pppfp") == {"p": "M0.1 8H3M4.1 8H5", "f": "M3.1 5H4"}
    assert drawn("m") == {"p": "M0.1 8H1", "m": "M0.1 2.5H1"}


def test_each_mark_looks_different_without_colours() -> None:
    """Class and height: no two marks are the same strokes at the same place."""
    shapes = {mark: tuple(re.findall(r"M0.1 (\S+)H", strip(mark.value, ("d",)))) for mark in Mark}
    heights = {"p": 4, "f": 10, "m": 5, "s": 2, "n": 7, "h": 2, "k": 2, "o": 1}
    seen = {(shapes[mark], tuple(heights[css] for css in drawn(mark.value))) for mark in Mark}
    assert len(seen) == len(Mark)


def test_a_strip_says_in_words_what_it_shows() -> None:
    assert strip_words("pfpm", DAYS) == (
        "4 nights: 2 passed, 1 failed (2026-11-02), 1 passed and failed (2026-11-04)"
    )
    assert strip_words("s", DAYS) == "1 night: 1 skipped"
    assert strip_words("f" * 9, [f"d{n}" for n in range(9)]) == (
        "9 nights: 9 failed (d3, d4, d5, d6, d7, d8 and 3 before)"
    )
    assert 'role="img" aria-label="4 nights' in strip("pfpm", DAYS)
    assert "aria-hidden" in strip("p", DAYS, hidden=True)


def test_times_are_told_with_median_and_spread_of_the_nights_before() -> None:
    found = timing("boot", [2.0, None, 3.0, 4.0, 9.0])
    assert found
    assert (found.tonight, found.median, found.low, found.high) == (9.0, 3.0, 2.5, 3.5)
    assert found.top == 10
    assert found.plot.count("h0") == 4  # a dot for each night that has one


def test_times_that_are_none_or_nonsense_draw_no_plot() -> None:
    assert timing("build", [None, None]) is None
    assert timing("build", [math.inf, math.nan]) is None
    assert timing("build", []) is None
    for values in ([0.0], [0.0, 0.0], [5.0], [None, 5.0, None], [-1.0, 1e-9], [1e300, 1.0]):
        found = timing("wall", values)
        assert found
        assert "nan" not in found.plot + found.small and "inf" not in found.plot + found.small


def test_a_night_in_which_it_was_not_run_has_no_time() -> None:
    found = timing("wall", [2.0, 3.0, None])
    assert found
    assert (found.tonight, found.median) == (None, 2.5)


def test_seconds_are_told_as_people_do() -> None:
    said = [seconds(value) for value in (None, 0.5, 41.26, 99.9, 320.0, 7260.0)]
    assert said == ["–", "0.50 s", "41.3 s", "100 s", "5 min 20 s", "2 h 1 min"]
    assert quartiles([4.0]) == (4.0, 4.0, 4.0)


EVIL = ["../../etc/passwd", "<script>", "a" * 5000, "\u202egnp.exe", "", "..", "a/b", "a\0b",
        "\ud800", "CON", "javascript:alert(1)", 'x" onload="y']  # fmt: skip


@pytest.mark.parametrize("text", EVIL)
def test_files_of_pages_are_plain_names_whatever_cells_are_called(text: str) -> None:
    for file in (cell_file(CellKey(text, text, text, text, text)), suite_file(text)):
        assert re.fullmatch(r"(cell|suite)-[a-z0-9-]*[0-9a-f]{12}\.html", file)
        assert len(file) < 80


def test_cells_that_differ_have_pages_that_differ() -> None:
    cells = [CellKey("a", "b", "c", "d"), CellKey("a b", "", "c", "d"), CellKey("A", "b", "c", "d"),
             CellKey("a", "b", "c", "d", "e"), CellKey("a", "b", "c", "de")]  # fmt: skip
    assert len({cell_file(cell) for cell in cells}) == len(cells)


def test_what_is_invisible_or_turns_text_round_is_shown() -> None:
    assert shown("a\u202eb\u200bc\x1b[2J\n") == "a\\x202eb\\u200bc\\x1b[2J\\x0a"
    assert len(shown("x" * 10_000)) == 160
    assert name("<b>&") == "<bdi>&lt;b&gt;&amp;</bdi>"


def test_what_is_the_same_in_several_cells_is_told_once() -> None:
    red = [Standing(cell, "s.a", Change.NEW_FAILURE, headline="x") for cell in (BASE, PATCHED)]
    found = sections([*red, Standing(BASE, "s.b", Change.NEW_FAILURE, headline="x")])
    new = found[0]
    assert (new.count, new.cells, new.where, new.title) == (2, 2, "in 2 cells", "new failures")
    assert [group.test for group in new.groups] == ["s.a", "s.b"]
    assert [len(group.standings) for group in new.groups] == [2, 1]
    assert all(section.count == 0 for section in found[1:])


def test_a_cells_verdict_that_only_repeats_its_tests_is_not_told_again() -> None:
    test = Standing(BASE, "s.a", Change.NEW_FAILURE)
    whole = Standing(BASE, "", Change.NEW_FAILURE)
    assert told_once([test, whole]) == [test]
    other = Standing(PATCHED, "", Change.NEW_FAILURE)
    flaky = Standing(BASE, "", Change.FLAKY)
    assert told_once([test, other, flaky]) == [test, other, flaky]
    assert told_once([test, replace(whole, headline="s.a failed")]) == [test]
    crash = replace(whole, headline="BUG: KASAN in f")
    assert told_once([test, crash]) == [test, crash]


def test_tests_a_crash_left_unheard_are_one_line_for_the_cell() -> None:
    silent = [Standing(BASE, f"s.{n}", Change.NOT_RUN, attempts=("A",)) for n in range(30)]
    (told,) = told_once(silent)
    assert (told.test, told.headline, told.attempts) == (
        "", "no result of s.0 and 29 more tests", ("A",)
    )  # fmt: skip
    assert told_once(silent[:2])[0].headline == "no result of s.0 and 1 more test"
    assert told_once(silent[:1])[0].headline == "no result of s.0"
    left_out = Standing(PATCHED, "", Change.NOT_RUN)
    assert sections([*silent, left_out])[4].count == 2


def test_what_the_patch_mends_is_told_last() -> None:
    better = Standing(PATCHED, "s.a", Change.PASSES, against_base=Change.FIXED)
    found = sections([better, Standing(BASE, "", Change.PASSES)])
    assert (found[-1].title, found[-1].count) == ("better than base", 1)
    assert len(sections([Standing(BASE, "", Change.PASSES)])) == len(found) - 1


def test_figures_of_what_is_flaky_slower_or_in_quarantine() -> None:
    flaky = Standing(BASE, "s.a", Change.FLAKY, rate=Rate(3, 40, 0.026, 0.199))
    assert detail(flaky) == "failed 3 of 40 runs (3% to 20% with 95 % confidence)"
    slow = Standing(BASE, "s.a", Change.SLOWER, slow=Slowdown(9.2, 6.1, 1.51, 1.32, 1.7, 0.0004))
    assert detail(slow) == "9.20 s, was 6.10 s: × 1.51 (1.32 to 1.70), p 0.0004"
    entry = Standing(BASE, "s.a", Change.QUARANTINED, quarantine=QUARANTINE)
    assert detail(entry) == "until 2026-12-31, who@example.org: reported"
    assert detail(Standing(BASE, "s.a", Change.FIXED)) == ""
    assert against_base(Standing(PATCHED, "", Change.FLAKY, Change.STILL_FAILING)) == "on base too"
    assert said("s.a", "s.a failed") == said("s.a", "s.a") == ""
    assert said("", "x failed") == "x failed"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ((Change.NEW_FAILURE, Change.STILL_FAILING), "1 new failure, 1 still failing"),
        ((Change.NEW_FAILURE, Change.NEW_FAILURE), "2 new failures"),
        ((Change.STILL_FAILING, Change.FLAKY), "Nothing new; 1 still failing"),
        ((Change.FLAKY, Change.SLOWER), "No failure that counts; 1 flaky and 1 slower"),
        ((Change.QUARANTINED,), "No failure that counts; 1 quarantined"),
        ((Change.NOT_RUN,), "All that ran is green"),
        ((Change.PASSES,), "All green"),
        ((), "All green"),
    ],
)
def test_tonight_in_one_line(changes: tuple[Change, ...], words: str) -> None:
    standings = tuple(Standing(BASE, f"s.{n}" if c is not Change.NOT_RUN else "", c)
                      for n, c in enumerate(changes))  # fmt: skip
    data = dashboard([[attempt(0)]], standings=standings)
    assert sentence(data, sections(standings)) == words


def test_a_night_without_runs_is_never_green() -> None:
    data = dashboard([[attempt(0)], []], standings=(Standing(BASE, "", Change.PASSES),))
    assert sentence(data, sections(data.judged.standings)) == "Nothing was run"


def test_the_grid_has_a_table_a_tree_and_its_patches_after_it() -> None:
    axes = itertools.product(("t1", "t2"), ("c1", "c2"), ("fix", ""), ("a", "b"))
    cells = [CellKey(tree, patch, config, topology) for topology, config, patch, tree in axes]
    del cells[-1]
    found = grids(cell_views(dashboard([[attempt(0, cell) for cell in cells]])))
    assert [(grid.tree, grid.topologies) for grid in found] == [(t, ("t1", "t2")) for t in "ab"]
    assert [patch for patch, _ in found[0].patches] == ["", "fix"]
    last = found[1].patches[0][1][-1]
    assert (last.config, last.cells[1]) == ("c2", None)


def test_tests_are_worst_first_and_cells_worst_of_all() -> None:
    tests = {(BASE, "s.a"): "pp", (PATCHED, "s.a"): "pf", (BASE, "s.b"): "fp", (BASE, "t.c"): "pm"}
    data = dashboard([[attempt(0), attempt(0, PATCHED)], [attempt(1)]], tests)
    one, other = suite_views(data, (BASE, PATCHED))
    assert (one.name, one.marks, one.red_tonight) == ("s", "ff", 1)
    assert [(row.name, row.marks, row.ran_in) for row in one.tests] == [
        ("s.a", "pf", 2),
        ("s.b", "fp", 1),
    ]
    assert [cell for cell, _ in one.tests[0].cells] == [PATCHED]
    assert other.tests[0].red == 1
    assert [row.name for row in by_cell(data)[BASE]] == ["t.c", "s.b", "s.a"]


def test_nights_are_counted_by_what_became_of_tonights_cells() -> None:
    data = dashboard([[attempt(0)], [attempt(1), attempt(1, PATCHED)]])
    found = trend(cell_views(data), DAYS[:2])
    assert [(row.green, row.red, row.not_run) for row in found.rows] == [(2, 0, 0), (1, 0, 1)]

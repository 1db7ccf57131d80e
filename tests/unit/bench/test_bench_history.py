# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bench_history
import pytest
from bench_history import Trend
from figures import Spread
from sample_sections import BOOT, SCALE

NOW = bench_history.record("2026-01-02T03:04+00:00", "abc", "2 cores", 0.5, [BOOT, SCALE])
NAME = "boot: numa2, boot"
FASTER = "boot: boot, times faster than virtme-ng"


def with_median(name: str, median: float) -> bench_history.Record:
    return replace(NOW, figures={name: Spread(median, median, median, 3)})


def test_a_record_is_a_line_and_comes_back() -> None:
    line = bench_history.to_line(NOW)
    assert line.count("\n") == 1 and line.endswith("\n")
    assert bench_history.from_line(line) == NOW


def test_a_history_grows_and_keeps_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "new" / "history.jsonl"
    assert bench_history.read(file) == ()
    bench_history.append(file, NOW)
    first = file.read_bytes()
    bench_history.append(file, replace(NOW, commit="def"))
    assert file.read_bytes().startswith(first)
    assert [one.commit for one in bench_history.read(file)] == ["abc", "def"]


@pytest.mark.parametrize("line", ["{}", "[]", "{", '{"figures": {"a": 1}}', "null"])
def test_a_line_that_is_no_record_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "history.jsonl"
    file.write_text(bench_history.to_line(NOW) + line + "\n")
    with pytest.raises(ValueError, match=r"history\.jsonl:2: "):
        bench_history.read(file)


def test_the_trend_is_against_the_last_run_and_the_best() -> None:
    earlier = [with_median(NAME, value) for value in (1.0, 4.0, 5.0)]
    assert bench_history.trends(with_median(NAME, 2.5), earlier) == (Trend(NAME, 2.5, 5.0, 1.0, 3),)
    assert Trend(NAME, 2.5, 5.0, 1.0, 3).change == -0.5


def test_of_what_should_be_high_the_best_is_the_highest() -> None:
    (found,) = bench_history.trends(
        with_median(FASTER, 5.0), [with_median(FASTER, 7.0), with_median(FASTER, 6.0)]
    )
    assert (found.before, found.best) == (6.0, 7.0)


def test_another_class_of_machine_is_no_trend() -> None:
    assert bench_history.trends(NOW, [replace(NOW, machine="64 cores")]) == ()

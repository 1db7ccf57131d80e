# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from dataclasses import replace

import bench_history
from bench_history import Trend
from bench_page import in_words, page
from figures import Section, spread
from sample_sections import BOOT, SCALE

RECORD = bench_history.record("2026-01-02T03:04+00:00", "abc", "2 cores", 0.5, [BOOT, SCALE])


def shown(*sections: Section, trends: tuple[Trend, ...] = ()) -> list[str]:
    return page(RECORD, sections, trends, ["benchmark.svg"]).splitlines()


def test_medians_spread_and_limits_are_shown() -> None:
    lines = shown(BOOT)
    assert "| numa2, boot | 2.50 (2.00 to 3.00) s |  |" in lines
    assert "| --help | 0.20 (0.10 to 0.30) s | at most 0.15 s: **missed** |" in lines
    assert "| numa2, boot / QEMU | 1.50 (1.00 to 2.00) | at most 1.6: kept |" in lines
    faster = "| boot, times faster than virtme-ng | 4.25 (4.00 to 4.50) | at least 5: **missed** |"
    assert faster in lines
    assert "- virtme-ng is not installed" in lines
    assert "![benchmark.svg](benchmark.svg)" in lines


def test_curves_over_one_thing_stand_side_by_side() -> None:
    lines = shown(SCALE)
    assert "| nodes | boot, s | suites, s |" in lines
    assert "| 16 | 5.00 (4.00 to 6.00) | 130 (120 to 140) |" in lines
    assert "| vCPUs | boot, s |" in lines


def test_the_trend_says_what_changed_and_from_when() -> None:
    trend = Trend("boot: numa2, boot", 2.5, 5.0, 2.0, 3)
    assert "| boot: numa2, boot | 2.50 | 5.00 | -50% | 2.00 | 3 |" in shown(BOOT, trends=(trend,))
    assert any(line.startswith("No earlier run on this class") for line in shown(BOOT))


def test_a_busy_machine_is_told_in_bold() -> None:
    assert not any("not quiet" in line for line in shown(BOOT))
    busy = page(replace(RECORD, load=7.5), [BOOT], (), [])
    assert "**The machine was not quiet: a load of 7.5" in busy


def test_a_single_value_has_no_spread() -> None:
    assert in_words(spread([1.234])) == "1.23"

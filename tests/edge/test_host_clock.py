# SPDX-License-Identifier: GPL-2.0-only
"""The speed of the host's time stamp counter, measured for real."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import pytest

from orchestrator.edge import host_clock
from orchestrator.edge.store import Store


def said_by_kernel_mhz() -> float:
    """Of the first CPU; it may be another than the counter's where clocks change."""
    found = re.search(r"cpu MHz\s*: ([\d.]+)", Path("/proc/cpuinfo").read_text())
    return float(found[1]) if found else 0.0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="x86 has the counter")
def test_it_is_measured_once_and_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    khz = host_clock.tsc_khz(Store(tmp_path / "one"))
    assert abs(host_clock.tsc_khz(Store(tmp_path / "two")) - khz) <= 1000
    assert said_by_kernel_mhz() / 5 < khz / 1000 < said_by_kernel_mhz() * 5
    monkeypatch.setenv("PATH", "/nowhere")
    assert host_clock.tsc_khz(Store(tmp_path / "one")) == khz, "remembered"


def test_without_a_compiler_the_guest_has_to_find_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert host_clock.tsc_khz(Store(tmp_path)) == 0


@pytest.mark.parametrize("said", ["nonsense", "5", "99999999999"])
def test_what_cannot_be_is_not_believed(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if platform.machine() == "x86_64":
        monkeypatch.setattr(host_clock.process, "check", lambda *_, **__: said)
    assert host_clock.tsc_khz(Store(tmp_path)) == 0

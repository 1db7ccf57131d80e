# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import bench_plot
import pytest
from sample_sections import BOOT, SCALE

pytest.importorskip("matplotlib", reason="comes with the extra bench")


def test_the_same_figures_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    for file in (one, other):
        assert bench_plot.plot_series([BOOT, SCALE], file)
    assert one.read_bytes() == other.read_bytes()
    text = one.read_text()
    assert "numa2, boot" in text and "Warm boots" in text
    assert "dc:date" not in text


def test_curves_have_a_panel_for_each_thing_that_grows(tmp_path: Path) -> None:
    file = tmp_path / "scale.svg"
    assert bench_plot.plot_curves([BOOT, SCALE], file)
    words = {each.text for each in ElementTree.parse(file).iter() if each.text}
    assert {"nodes", "vCPUs", "suites"} <= words


def test_nothing_to_draw_is_no_file(tmp_path: Path) -> None:
    assert not bench_plot.plot_curves([BOOT], tmp_path / "none.svg")
    assert not bench_plot.plot_series([SCALE], tmp_path / "none.svg")
    assert list(tmp_path.iterdir()) == []

# SPDX-License-Identifier: GPL-2.0-only
"""docs/scaling.svg: the same figures give the same bytes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sim_sweep import Ran

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))

from bench_plot import SETTINGS

SIZE_IN = (8.0, 6.8)


def plot(ran: Sequence[Ran], file: Path) -> None:
    """How long a night takes, and how much of its hosts works, over the number of hosts."""
    import matplotlib
    from matplotlib.figure import Figure

    curves: dict[str, list[Ran]] = {}
    for each in ran:
        if each.case.group == "hosts":
            curves.setdefault(each.case.name, []).append(each)
    with matplotlib.rc_context(SETTINGS):
        figure = Figure(SIZE_IN, layout="constrained")
        above, below = figure.subplots(2, 1)
        for name, points in curves.items():
            hosts = [each.case.setting.hosts for each in points]
            above.plot(hosts, [each.took_s / 60 for each in points], marker="o", label=name)
            below.plot(hosts, [100 * each.efficiency for each in points], marker="o", label=name)
        mended = curves["mended"]
        hosts = [each.case.setting.hosts for each in mended]
        ideal = [each.ideal_s / 60 for each in mended]
        above.plot(hosts, ideal, "--", color="grey", label="its work on all cores")
        for axes in (above, below):
            axes.set_xscale("log")
            axes.set_xticks(hosts, [str(count) for count in hosts])
            axes.minorticks_off()
            axes.set_xlabel("hosts")
            axes.grid(alpha=0.3)
        above.set_yscale("log")
        above.set_ylabel("minutes a night")
        below.set_ylabel("% of cores that work")
        below.set_ylim(0, 100)
        above.set_title(f"{mended[0].cells} cells", loc="left", fontweight="bold")
        above.legend(frameon=False)
        figure.savefig(file, format="svg", metadata={"Date": None})

# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's plots, SVG: the same figures give the same bytes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import Curve, Section, Series, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "orchestrate",  # of the ids, which would be random
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "font.size": 9,
}
WIDTH_IN, ROW_IN, CURVE_IN = 8.0, 0.24, 3.2
LIMIT_COLOUR = "tab:red"


def available() -> bool:
    """Is matplotlib installed?"""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def plot_series(sections: Sequence[Section], file: Path) -> bool:
    """Each section's series as a panel; False if there is none to draw."""
    drawn = [section for section in sections if section.series]
    if not drawn:
        return False
    with _panels([ROW_IN * (len(section.series) + 3) for section in drawn], file) as panels:
        for section, axes in zip(drawn, panels, strict=True):
            _rows(axes, section)
    return True


def plot_curves(sections: Sequence[Section], file: Path) -> bool:
    """The curves, a panel for each thing that grows; False if there is none to draw."""
    groups: dict[tuple[str, str], list[Curve]] = {}
    for section in sections:
        for curve in section.curves:
            groups.setdefault((section.title, curve.x_name), []).append(curve)
    if not groups:
        return False
    with _panels([CURVE_IN] * len(groups), file) as panels:
        for ((title, x_name), curves), axes in zip(groups.items(), panels, strict=True):
            _curves(axes, title, x_name, curves)
    return True


@contextlib.contextmanager
def _panels(heights_in: Sequence[float], file: Path) -> Iterator[list[Axes]]:
    """Panels of these heights, one below the other; afterwards the file."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(SETTINGS):
        figure = Figure((WIDTH_IN, sum(heights_in)), layout="constrained")
        panels = figure.subplots(len(heights_in), 1, squeeze=False, height_ratios=heights_in)
        yield list(panels[:, 0])
        figure.savefig(file, format="svg", metadata={"Date": None})


def _rows(axes: Axes, section: Section) -> None:
    """One row a series: each value a dot, the median a bar, the limit a red mark."""
    for row, each in enumerate(section.series):
        _row(axes, row, each)
    axes.set_yticks(range(len(section.series)), [each.name for each in section.series])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_title(section.title, loc="left", fontweight="bold")
    axes.set_xlabel("seconds")
    axes.grid(axis="x", alpha=0.3)


def _row(axes: Axes, row: int, each: Series) -> None:
    found = spread(each.values)
    axes.barh(row, found.median, height=0.6, color="tab:blue", alpha=0.35)
    axes.plot([found.least, found.most], [row, row], color="tab:blue", linewidth=1)
    axes.plot(each.values, [row] * found.count, "o", color="tab:blue", markersize=3)
    if each.limit is not None:
        axes.plot([each.limit] * 2, [row - 0.4, row + 0.4], color=LIMIT_COLOUR, linewidth=2)


def _curves(axes: Axes, title: str, x_name: str, curves: Sequence[Curve]) -> None:
    for curve in curves:
        found = [(point.x, spread(point.values)) for point in curve.points]
        below = [each.median - each.least for _, each in found]
        above = [each.most - each.median for _, each in found]
        xs, ys = [x for x, _ in found], [each.median for _, each in found]
        axes.errorbar(xs, ys, yerr=(below, above), marker="o", capsize=3, label=curve.name)
    axes.set_xscale("log", base=2)
    ticks = sorted({point.x for curve in curves for point in curve.points})
    axes.set_xticks(ticks, [str(x) for x in ticks])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_xlabel(x_name)
    axes.set_ylabel({"s": "seconds"}.get(curves[0].unit, curves[0].unit))
    axes.set_title(title, loc="left", fontweight="bold")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)

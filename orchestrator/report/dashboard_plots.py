# SPDX-License-Identifier: GPL-2.0-only
"""Seconds, night by night → plots: what each took, the median of late, and how far it spreads."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import markupsafe
from msgspec import Struct

ROOM = 0.2  # of the median, that a small plot has above and below it at least
WINDOW = 7  # nights of which median and spread are taken
_W, _H = 600, 100  # of the drawing, which is stretched to where it stands
Seconds = Sequence[float | None]


class Timing(Struct, frozen=True):
    """One stage of one cell. tonight: None if there was none. median, low, high: of all nights
    before tonight (of tonight if there are none); low and high bound the middle half."""

    what: str
    tonight: float | None
    median: float
    low: float
    high: float
    top: float  # of the plot
    plot: markupsafe.Markup
    small: markupsafe.Markup


def timing(what: str, values: Seconds) -> Timing | None:
    """values: a night each, oldest first, None where there was none. None if all are."""
    values = [value if value is not None and math.isfinite(value) else None for value in values]
    known = [value for value in values if value is not None]
    if not known:
        return None
    tonight = values[-1]
    before = known[:-1] if tonight is not None else known
    low, median, high = quartiles(before or known)
    top = _round_up(max(known))
    return Timing(what, tonight, median, low, high, top,
                  plot=_plot(values, top), small=_small(values, median))  # fmt: skip


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile of one value or more."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, median, high


def seconds(value: float | None) -> str:
    """ "2.41 s", "41 s", "5 min 20 s" """
    if value is None:
        return "–"
    if value < 10:
        return f"{value:.2f} s"
    if value < 120:
        return f"{value:.1f} s" if value < 60 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


class _Curves(Struct, frozen=True):
    """Places in the drawing, "x y" each: of nights, and over the last WINDOW of them."""

    dots: list[str]
    lows: list[str]
    medians: list[str]
    highs: list[str]

    @property
    def paths(self) -> str:
        """A band between the quartiles, a line through the medians."""
        band = "L".join([*self.highs, *reversed(self.lows)])
        return (
            f'<path class="band" d="M{band}z"/><path class="line" d="M{"L".join(self.medians)}"/>'
        )


def _curves(values: Seconds, bottom: float, top: float) -> _Curves:
    def point(night: int, value: float) -> str:
        x = night * _W / max(1, len(values) - 1)
        return f"{x:.0f} {_H - _H * (value - bottom) / (top - bottom):.1f}"

    found = _Curves([], [], [], [])
    recent = list[float]()
    for night, value in enumerate(values):
        if value is None:
            continue
        recent = [*recent, value][-WINDOW:]
        low, median, high = quartiles(recent)
        found.dots.append(point(night, value))
        found.lows.append(point(night, low))
        found.medians.append(point(night, median))
        found.highs.append(point(night, high))
    return found


def _plot(values: Seconds, top: float) -> markupsafe.Markup:
    """From zero, with a dot for each night."""
    curves = _curves(values, 0, top)
    dots = "".join(f"M{dot}h0" for dot in curves.dots)
    lines = f'<path class="grid" d="M0 0H{_W}M0 {_H // 2}H{_W}M0 {_H}H{_W}"/>'
    return _svg("plot", f'{lines}{curves.paths}<path class="dots" d="{dots}"/>')


def _small(values: Seconds, median: float) -> markupsafe.Markup:
    """From the shortest to the longest, and at least so far that what is little looks little;
    with a dot for tonight."""
    known = [value for value in values if value is not None]
    bottom = min(*known, median * (1 - ROOM))
    curves = _curves(values, bottom, max(*known, median * (1 + ROOM), bottom + 1e-9))
    last = f"M{curves.dots[-1]}h0" if values[-1] is not None else ""
    return _svg("small", f'{curves.paths}<path class="last" d="{last}"/>')


def _svg(css: str, drawn: str) -> markupsafe.Markup:
    """Its figures stand beside it as text, so screen readers are spared it."""
    return markupsafe.Markup(
        f'<svg class="{css}" viewBox="0 0 {_W} {_H}" preserveAspectRatio="none" '
        f'aria-hidden="true">{drawn}</svg>'
    )


def _round_up(value: float) -> float:
    """The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    while value < power:
        power /= 10
    steps = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
    return next((step * power for step in steps if step * power >= value), value)

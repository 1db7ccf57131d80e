# SPDX-License-Identifier: GPL-2.0-only
"""Seconds, night by night → plots: what each took, the median of late, and how far it spreads."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import markupsafe

WINDOW = 7  # nights of which median and spread are taken
_W, _H = 600, 100  # of the drawing, which is stretched to where it stands
Seconds = Sequence[float | None]


@dataclass(frozen=True)
class Timing:
    """One stage of one cell. tonight: None if there was none. median, low, high: of all nights
    before tonight (of tonight if there are none); low and high bound the middle half."""

    what: str
    tonight: float | None
    median: float
    low: float
    high: float
    top: float  # of the plot
    nights: int
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
    drawn = _drawing(values, top)
    return Timing(what, tonight, median, low, high, top, len(known),
                  plot=_svg(drawn, "plot"), small=_svg(drawn, "small"))  # fmt: skip


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


def _drawing(values: Seconds, top: float) -> str:
    """Dots for nights; over the last WINDOW of them a band for quartiles, a line for medians."""
    step = _W / max(1, len(values) - 1)
    points, recent = [], list[float]()
    lows, medians, highs = list[str](), list[str](), list[str]()
    for night, value in enumerate(values):
        if value is None:
            continue
        recent = [*recent, value][-WINDOW:]
        low, median, high = quartiles(recent)
        x = f"{night * step:.0f} "
        points.append(f"M{x}{_y(value, top)}h0")
        lows.append(x + _y(low, top))
        medians.append(x + _y(median, top))
        highs.append(x + _y(high, top))
    band = "L".join([*highs, *reversed(lows)])
    return (
        f'<path class="grid" d="M0 0H{_W}M0 {_H // 2}H{_W}M0 {_H}H{_W}"/>'
        f'<path class="band" d="M{band}z"/><path class="line" d="M{"L".join(medians)}"/>'
        f'<path class="dots" d="{"".join(points)}"/>'
    )


def _y(value: float, top: float) -> str:
    return f"{_H - _H * value / top:.1f}" if top else f"{_H}"


def _svg(drawn: str, css: str) -> markupsafe.Markup:
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

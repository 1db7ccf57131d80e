# SPDX-License-Identifier: GPL-2.0-only
"""Times → places on an axis, and strips drawn along it. Pure; all that is drawn is our own SVG.

A strip is BINS wide and stretched to where it stands. What falls into one bin is one stroke, so
that a strip costs the same for a hundred events and for a hundred thousand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import markupsafe
from msgspec import Struct

BINS = 600  # a stroke is then a pixel or two wide on a screen, half a millimetre on paper
HEIGHT = 16
MOST_TICKS = 6
_SIZES = (0.1, 0.2, 0.5, 1, 2, 5)  # of a power of ten


class Axis(Struct, frozen=True):
    """From start to end, seconds of one clock."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return max(self.end - self.start, 1e-9)

    def share(self, time_s: float) -> float:
        """0 at the start, 1 at the end; what is outside is put on the edge."""
        return min(1.0, max(0.0, (time_s - self.start) / self.length))

    def bin(self, time_s: float) -> int:
        """0 .. BINS - 1"""
        return min(BINS - 1, int(self.share(time_s) * BINS))

    def ticks(self, most: int = MOST_TICKS) -> list[float]:
        """Round times, `most` at most."""
        power = 10.0 ** math.floor(math.log10(self.length))
        step = next(size * power for size in _SIZES if self.length / (size * power) <= most)
        first = math.ceil(self.start / step - 1e-9)
        count = math.floor(self.end / step + 1e-9) - first + 1
        return [round((first + number) * step, 9) for number in range(count)]


def axis_of(times: Iterable[float]) -> Axis | None:
    """Over all of them; None if there are none."""
    known = [time for time in times if math.isfinite(time)]
    return Axis(min(known), max(known)) if known else None


def counted(axis: Axis, times: Iterable[float]) -> list[int]:
    """Events in each bin."""
    bins = [0] * BINS
    for time in times:
        bins[axis.bin(time)] += 1
    return bins


def columns(bins: Sequence[int], most: int) -> str:
    """SVG path: a column for each bin that has events, its height by the logarithm of how many.
    most: what is drawn full."""
    scale = math.log1p(max(1, most))
    parts = (
        f"M{place} {HEIGHT}V{_height(math.log1p(count) / scale)}"
        for place, count in enumerate(bins)
        if count
    )
    return "".join(parts)


def spans(axis: Axis, between: Iterable[tuple[float, float]]) -> str:
    """SVG path: a bar, one bin wide at least, for each span of time; those that meet are one."""
    runs: list[list[int]] = []
    for start, end in sorted(between):
        first, last = axis.bin(start), axis.bin(end)
        if runs and first <= runs[-1][1] + 1:
            runs[-1][1] = max(runs[-1][1], last)
        else:
            runs.append([first, last])
    return "".join(f"M{first} {HEIGHT // 2}H{last + 1}" for first, last in runs)


def strip(*paths: tuple[str, str], marks: Iterable[float] = ()) -> markupsafe.Markup:
    """One strip. paths: (class, SVG path). marks: shares of the width at which there is a line.
    Screen readers are spared it: figures stand beside it as text."""
    drawn = "".join(f'<path class="{css}" d="{path}"/>' for css, path in paths if path)
    lines = "".join(f"M{share * BINS:.1f} 0V{HEIGHT}" for share in sorted(set(marks)))
    drawn += f'<path class="mark" d="{lines}"/>' if lines else ""
    return markupsafe.Markup(
        f'<svg class="strip" viewBox="0 0 {BINS} {HEIGHT}" preserveAspectRatio="none" '
        f'aria-hidden="true">{drawn}</svg>'
    )


def scale(axis: Axis) -> markupsafe.Markup:
    """The axis itself, in seconds at round times; it is not stretched, so its words keep their
    shape. On a narrow screen every second one has no room."""
    digits = max(0, 1 - math.floor(math.log10(axis.length / MOST_TICKS)))
    parts = [f'<svg class="scale" width="100%" height="{HEIGHT}" aria-hidden="true">']
    for number, tick in enumerate(axis.ticks()):
        place = axis.share(tick) * 100
        anchor = "start" if place < 4 else "end" if place > 96 else "middle"
        css = ' class="second"' if number % 2 else ""
        parts.append(
            f'<line x1="{place:.2f}%" x2="{place:.2f}%" y1="12" y2="16"/>'
            f'<text{css} x="{place:.2f}%" y="10" text-anchor="{anchor}">{tick:.{digits}f} s</text>'
        )
    return markupsafe.Markup("".join([*parts, "</svg>"]))


def finite(times: Iterable[float | None]) -> Iterator[float]:
    """Those that are known."""
    return (time for time in times if time is not None and math.isfinite(time))


def _height(share: float) -> str:
    return f"{HEIGHT * (1 - max(0.15, min(1.0, share))):.1f}".removesuffix(".0")

# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmark measured, and its statistics. Pure: sections fill these, reports read them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """What is said of several values."""

    median: float
    least: float
    most: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Of one value or more."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


@dataclass(frozen=True)
class Series:
    """One thing measured several times. limit: what its median may be at most, None for any."""

    name: str
    values: tuple[float, ...]
    unit: str = "s"
    limit: float | None = None

    @property
    def kept(self) -> bool | None:
        """Is the limit kept? None without one."""
        return None if self.limit is None else spread(self.values).median <= self.limit


@dataclass(frozen=True)
class Ratio:
    """One series over another, pair by pair: a machine whose speed drifts does not spoil it.

    limit: what the median may be at most, or at least if at_least.
    """

    name: str
    over: tuple[float, ...]
    under: tuple[float, ...]
    limit: float | None = None
    at_least: bool = False

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(a / b for a, b in zip(self.over, self.under, strict=True))

    @property
    def kept(self) -> bool | None:
        """Is the limit kept? None without one."""
        if self.limit is None:
            return None
        median = spread(self.values).median
        return median >= self.limit if self.at_least else median <= self.limit


@dataclass(frozen=True)
class Point:
    """A curve's values at one x."""

    x: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """How something grows with x. x_name: of what there are x, such as "nodes"."""

    name: str
    x_name: str
    points: tuple[Point, ...]
    unit: str = "s"


@dataclass(frozen=True)
class Section:
    """A part of the benchmark. text: what was done, in a sentence or two. notes: what was left
    out, and what did not pass. failed: could it not be measured?"""

    name: str
    title: str
    text: str
    series: tuple[Series, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    curves: tuple[Curve, ...] = ()
    notes: tuple[str, ...] = ()
    failed: bool = False

    def figures(self) -> dict[str, Spread]:
        """Name → what is kept of it from one benchmark to the next."""
        found = {f"{self.name}: {each.name}": each.values for each in (*self.series, *self.ratios)}
        for curve in self.curves:
            for point in curve.points:
                name = f"{self.name}: {curve.name}, {point.x} {curve.x_name}"
                found[name] = point.values
        return {name: spread(values) for name, values in found.items()}

# SPDX-License-Identifier: GPL-2.0-only
"""Measured times, as quantiles, and draws from them that depend on the seed and a name only."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("stage_times.json")


@dataclass(frozen=True)
class Spread:
    """Values at evenly spaced quantiles, the least and the most included. count: measured."""

    values: tuple[float, ...]
    count: int

    @property
    def median(self) -> float:
        return self.at(0.5)

    def at(self, quantile: float) -> float:
        """In between, a straight line."""
        if len(self.values) == 1:
            return self.values[0]
        place = quantile * (len(self.values) - 1)
        low = min(int(place), len(self.values) - 2)
        return self.values[low] + (place - low) * (self.values[low + 1] - self.values[low])


def quantiles(values: Sequence[float], points: int = 11) -> list[float]:
    """Of measured values."""
    spread = Spread(tuple(sorted(values)), len(values))
    return [round(spread.at(n / (points - 1)), 4) for n in range(points)]


class Times:
    """What was measured: seconds, bytes and rates."""

    def __init__(self, measured: dict[str, Any]) -> None:
        self.measured = measured
        self.spreads = {
            name: Spread(tuple(each["quantiles"]), each["count"])
            for name, each in measured["spreads"].items()
        }

    def number(self, name: str) -> float:
        """One that is no spread."""
        return float(self.measured["numbers"][name]["value"])


class Dice:
    """The same seed and names give the same draws, whatever else was drawn before."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def chance(self, *names: object) -> float:
        """0 up to 1."""
        return random.Random("/".join(map(str, (self.seed, *names)))).random()

    def draw(self, spread: Spread, *names: object) -> float:
        return spread.at(self.chance(*names))

    def waits_s(self, mean_s: float, *names: object) -> float:
        """Until something happens that has no memory."""
        return -mean_s * math.log(1 - self.chance(*names))


def load(file: Path = FILE) -> Times:
    return Times(json.loads(file.read_text(encoding="utf-8")))

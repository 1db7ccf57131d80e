# SPDX-License-Identifier: GPL-2.0-only
"""What a failure is shrunk to: setups, how they did, and what the smallest one says."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from orchestrator.model.topology import Topology


@dataclass(frozen=True)
class Setup:
    """One thing that can be booted. case: of the one suite, the case that runs alone; "": all.

    config: fragments beyond base, in their order.
    """

    suites: tuple[str, ...]
    topology: Topology
    config: tuple[str, ...]
    case: str = ""


class Outcome(enum.Enum):
    """What one run of a setup showed of the failure that is looked for."""

    SAME = "same"  # it failed in the same way
    OTHER = "other"  # green, or red in another way
    UNKNOWN = "unknown"  # infrastructure: it says nothing


@dataclass(frozen=True)
class Target:
    """The failure that is looked for: a finding of the same verdict and signature, or, where it
    has none, of the same check and title without numbers."""

    check: str
    verdict: str
    title: str
    signature: str = ""


@dataclass(frozen=True)
class Tally:
    """Runs of one setup."""

    same: int = 0
    other: int = 0
    unknown: int = 0

    @property
    def runs(self) -> int:
        return self.same + self.other


class Answer(enum.Enum):
    """What is known of a setup after enough runs."""

    FAILS = "fails"
    PASSES = "passes"  # it did not fail this way, as far as the stated chance goes
    UNKNOWN = "unknown"  # no run of it said anything


@dataclass(frozen=True)
class Neighbour:
    """The smallest setup with one thing changed. dimension: "suite", "case", "node", "cpu",
    "memory", "distances", "config"; condition: what holds in the smallest setup and not here
    ("node 1 has no memory"); answer None: not tried, for the reason in `why_not`."""

    dimension: str
    condition: str
    answer: Answer | None
    tally: Tally = Tally()
    why_not: str = ""


@dataclass(frozen=True)
class ShrinkResult:
    """chance: at most this likely, a setup said to pass fails as often as the failure does and was
    lucky; rate: how often it fails, estimated from `seen`. ended: "whole", "budget" or
    "interrupted"; of the latter two the smallest so far. run_dir: of the smallest setup's run,
    "" if the failure never came again. iff: the condition, if each neighbour is known to pass."""

    of_run: str
    target: Target
    start: Setup
    smallest: Setup
    seen: Tally
    rate: float
    chance: float
    passes_needed: int
    neighbours: tuple[Neighbour, ...]
    ended: str
    runs: int
    took_s: float
    shrink_dir: str = ""
    run_dir: str = ""
    command: str = ""
    iff: str = ""
    notes: tuple[str, ...] = ()

# SPDX-License-Identifier: GPL-2.0-only
"""What a shrink is asked, who runs its setups, and where runs are kept."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct, field

from orchestrator.model.shrink import Setup, Target, Trial
from orchestrator.plan.shrink_order import Cases


class Runner(Protocol):
    """What can be asked of a setup."""

    def refused(self, setup: Setup) -> str:
        """Why it is not to be tried; "" if it may be."""

    def run(self, setup: Setup, number: int) -> Trial:
        """One run, the number-th of all. Raises InfrastructureError."""


class Kept(Protocol):
    """Where runs are written down as they end."""

    def add(self, event: Trial, /) -> None: ...


class Limits(Struct, frozen=True):
    """runs, budget_s: in all, of this search; None: no limit. start_runs: of the start, until it
    is said not to fail again. chance: see ShrinkResult."""

    runs: int | None = None
    budget_s: float | None = None
    start_runs: int = 20
    chance: float = 0.05


class Asked(Struct, frozen=True):
    """What is looked for, and where it began. cases, suites: judge.shrink.named_cases()."""

    of_run: str
    target: Target
    start: Setup
    started_at: str
    cases: Cases = ()
    suites: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

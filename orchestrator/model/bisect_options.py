# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over the options in which two configurations differ, and what came of it."""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.bisect import BISECT_SCHEMA_VERSION, Built, Check, Side, Trial, Word


class Change(Struct, frozen=True):
    """One option: its value in the good configuration and in the bad one; "n": not set there."""

    name: str  # with CONFIG_
    good: str
    bad: str

    def __str__(self) -> str:
        return f"{self.name} {self.good} → {self.bad}"


class Tried(Struct, frozen=True):
    """A configuration that was tried. differing: options in which it differs from the good one.

    title: in words. key: of what Kconfig made of it, the name of its directory, too.
    """

    title: str
    key: str
    differing: int


class OptionsResult(Struct, frozen=True):
    """What `orchestrate bisect --config-good --config-bad` found.

    culprits: the smallest set found, of those that can be asked for; brings: what Kconfig changes
    for them besides. Both as they are after Kconfig closed the dependencies. good, bad: what the
    user called the ends. differing: of the ends, all. with_it: the good configuration and the
    culprits; without: the bad one less the culprits; None if that was not tried. builds, trials,
    sides: their node is a place in `configs`. suspects: of a round that was not sure, each with
    its probability. Else as in BisectResult.
    """

    word: Word
    check: Check
    command: tuple[str, ...]
    started_at: str
    run_dir: str
    tree: str
    good: str
    bad: str
    differing: tuple[Change, ...] = ()
    culprits: tuple[Change, ...] = ()
    brings: tuple[Change, ...] = ()
    suspects: tuple[tuple[Change, float], ...] = ()
    sure: float = 0.0
    asked_sure: float = 0.95
    rate: float | None = None
    with_it: Side | None = None
    without: Side | None = None
    ends: tuple[Side, ...] = ()
    configs: tuple[Tried, ...] = ()
    builds: tuple[Built, ...] = ()
    trials: tuple[Trial, ...] = ()
    rounds: int = 0
    resumed: int = 0
    took_s: float = 0.0
    notes: tuple[str, ...] = ()
    schema_version: int = BISECT_SCHEMA_VERSION

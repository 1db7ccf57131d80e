# SPDX-License-Identifier: GPL-2.0-only
"""What a failure is shrunk to: setups, how they did, and what the smallest one says."""

from __future__ import annotations

import enum

from msgspec import Struct

from orchestrator.model.topology import Topology

SHRINK_SCHEMA_VERSION = 1


class Setup(Struct, frozen=True):
    """One thing that can be booted. case: of the one suite, the case that runs alone; "": all.

    config: fragments beyond base, as --config names them, in their order.
    """

    suites: tuple[str, ...]
    topology: Topology
    config: tuple[str, ...]
    case: str = ""


class Outcome(enum.Enum):
    """What one run of a setup showed of the failure that is looked for."""

    SAME = "same"  # it failed in the same way
    GREEN = "green"  # proven green
    OTHER = "other"  # red in another way, or nothing was tested
    UNKNOWN = "unknown"  # infrastructure: it says nothing


class Target(Struct, frozen=True):
    """The failure that is looked for: a finding of the same verdict and signature, or, where it
    has none, of the same check and title without numbers."""

    check: str
    verdict: str
    title: str
    signature: str = ""


class Trial(Struct, frozen=True):
    """One run of one setup. said: what it showed, in a line."""

    setup: Setup
    outcome: Outcome
    run_dir: str = ""
    said: str = ""
    took_s: float = 0.0


class Tally(Struct, frozen=True):
    """Runs of one setup."""

    same: int = 0
    green: int = 0
    other: int = 0
    unknown: int = 0

    @property
    def passes(self) -> int:
        """Runs that did not fail this way."""
        return self.green + self.other

    @property
    def runs(self) -> int:
        return self.same + self.passes


class Answer(enum.Enum):
    """What is known of a setup after enough runs."""

    FAILS = "fails"
    PASSES = "passes"  # green each time, as far as the stated chance goes
    OTHERWISE = "otherwise"  # not in this way, but not green each time either
    UNKNOWN = "unknown"  # no run of it said anything
    UNTRIED = "untried"


class Step(Struct, frozen=True):
    """One setup that was tried. what: what it leaves out of the smallest one before it.
    why_not: where it was not tried, the reason."""

    what: str
    setup: Setup
    answer: Answer
    tally: Tally
    why_not: str = ""


class Neighbour(Struct, frozen=True):
    """The smallest setup with one thing changed. dimension: a name of plan/shrink_moves.py.

    change: what is changed ("node 1 gets memory"); condition: what so holds in the smallest setup
    and not here, "" for what another condition says already.
    """

    dimension: str
    change: str
    condition: str
    setup: Setup
    answer: Answer
    tally: Tally = Tally()
    why_not: str = ""


class Ended(enum.Enum):
    """How a search came to its end."""

    WHOLE = "whole"
    NEVER_AGAIN = "never-again"  # the failure did not come again
    RUNS = "runs"  # --runs was not enough
    BUDGET = "budget"
    INTERRUPTED = "interrupted"

    @property
    def exit_code(self) -> int:
        """0 the smallest setup is known; 1 a smaller one may be; 3 nothing is known."""
        codes = {Ended.WHOLE: 0, Ended.NEVER_AGAIN: 3, Ended.INTERRUPTED: 130}
        return codes.get(self, 1)

    @property
    def goes_on(self) -> bool:
        """Does the same command, with more time, go on from here?"""
        return self not in (Ended.WHOLE, Ended.NEVER_AGAIN)


class ShrinkResult(Struct, frozen=True):
    """What `orchestrate shrink` found. start: the run's own setup; smallest: the smallest one that
    is known to fail.

    chance: at most this likely, a setup said to pass fails as often as the failure does and was
    lucky; seen: runs of the smallest setup, passes_needed: after how many passes another one is
    said to pass. said: the sentence; iff: does it hold both ways? machine: the smallest one, in
    words. run_dir: a run of the smallest setup that failed, "" if none did. command: what boots it
    again; resumed: runs that an interrupted search had.
    """

    of_run: str
    target: Target
    start: Setup
    smallest: Setup
    ended: Ended
    said: str
    iff: bool
    seen: Tally
    chance: float
    passes_needed: int
    steps: tuple[Step, ...]
    neighbours: tuple[Neighbour, ...]
    trials: tuple[Trial, ...]
    resumed: int
    took_s: float
    started_at: str
    machine: str = ""
    shrink_dir: str = ""
    run_dir: str = ""
    replay: str = ""
    topology_file: str = ""
    command: str = ""
    notes: tuple[str, ...] = ()
    schema_version: int = SHRINK_SCHEMA_VERSION

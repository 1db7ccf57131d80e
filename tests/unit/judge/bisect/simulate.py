# SPDX-License-Identifier: GPL-2.0-only
"""A bisect of a planted fault: steps that fail by chance, at a known rate."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from orchestrator.judge.bisect.history import History
from orchestrator.judge.bisect.search import Build, Settings, State, Stop, next_move
from orchestrator.model.bisect import Built, Outcome, Trial


@dataclass(frozen=True)
class Fault:
    """It came with this step, shows in this share of the runs; runs without it fail, too, with
    the share `noise`."""

    culprit: int
    rate: float = 1.0
    noise: float = 0.0


def simulate(
    history: History,
    fault: Fault,
    seed: int = 0,
    settings: Settings | None = None,
    broken: Collection[int] = (),
    same: Mapping[int, int] | None = None,
) -> tuple[Stop, State]:
    """same: step → an earlier one that builds the same kernel."""
    rng, state = random.Random(seed), State(history)
    while not isinstance(move := next_move(state, settings or Settings()), Stop):
        node = move.node
        if isinstance(move, Build):
            name = "" if node in broken else f"k{(same or {}).get(node, node)}"
            state.builds[node] = Built(node, name, 20.0)
            continue
        has_it = bool(history.reach[node] >> fault.culprit & 1)
        fails = rng.random() < (fault.rate if has_it else fault.noise)
        state.trials.append(Trial(node, Outcome.BAD if fails else Outcome.GOOD, took_s=3.0))
    return move, state

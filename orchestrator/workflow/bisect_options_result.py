# SPDX-License-Identifier: GPL-2.0-only
"""What is asked of a bisect over options, what was found so far, and the result it makes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.judge.bisect.options import side_effects
from orchestrator.judge.bisect.search import Settings
from orchestrator.model.bisect import Check, Outcome, Side, Word
from orchestrator.model.bisect_options import Change, OptionsResult
from orchestrator.workflow.bisect import TRIALS_SHOWN, failed_first
from orchestrator.workflow.bisect_configs import Configs

LISTED = 4  # options that a title names


class OptionsAsked(Struct, frozen=True):
    """What is looked for, between which ends. differing: in the order they are tried."""

    good: str
    bad: str
    differing: tuple[Change, ...]
    check: Check
    tree: str
    run_dir: Path
    started_at: str
    command: tuple[str, ...] = ()
    settings: Settings = Settings()
    notes: tuple[str, ...] = ()


@dataclass
class Found:
    """So far. groups: options that are needed; vague: in one of them are several that cannot be
    told apart."""

    groups: list[tuple[Change, ...]] = field(default_factory=list)
    sure: float = 1.0
    rate: float | None = None
    word: Word = Word.FOUND
    vague: bool = False
    suspects: tuple[tuple[Change, float], ...] = ()
    rounds: int = 0

    @property
    def names(self) -> frozenset[str]:
        return frozenset(change.name for group in self.groups for change in group)


def options_result(
    asked: OptionsAsked,
    configs: Configs,
    found: Found,
    with_it: int | None,
    without: int | None,
    took_s: float,
) -> OptionsResult:
    """with_it, without: places in configs, of the two sides of the proof."""
    own: tuple[Change, ...] = ()
    brings: tuple[Change, ...] = ()
    if with_it is not None:
        good = configs.closed(frozenset()).values
        own, brings = side_effects(good, configs.all[with_it].closed.values, found.names)
    all_of_bad = frozenset(change.name for change in asked.differing)
    ends = (configs.number(frozenset(), "good"), configs.number(all_of_bad, "bad"))
    return OptionsResult(
        word=found.word,
        check=asked.check,
        command=asked.command,
        started_at=asked.started_at,
        run_dir=str(asked.run_dir),
        tree=asked.tree,
        good=asked.good,
        bad=asked.bad,
        differing=asked.differing,
        culprits=own,
        brings=brings,
        suspects=found.suspects,
        sure=found.sure,
        asked_sure=asked.settings.sure,
        rate=found.rate,
        with_it=_side(configs, with_it),
        without=_side(configs, without),
        ends=tuple(side for side in (_side(configs, end) for end in ends) if side),
        configs=tuple(known.tried for known in configs.all),
        builds=tuple(
            replace(known.built, node=number)
            for number, known in enumerate(configs.all)
            if known.built
        ),
        trials=tuple(trial for known in configs.all for trial in known.trials),
        rounds=found.rounds,
        resumed=configs.resumed,
        took_s=round(took_s, 1),
        notes=asked.notes,
    )


def _side(configs: Configs, number: int | None) -> Side | None:
    if number is None:
        return None
    bad, good, unknown = tally(configs, number)
    trials = failed_first(configs.all[number].trials)
    return Side(number, good, bad, unknown, tuple(trials[:TRIALS_SHOWN]))


def listed(options: Collection[str]) -> str:
    """In words, for a title."""
    if len(options) > LISTED:
        return f"{len(options)} of bad's options"
    return ", ".join(sorted(options))


def tally(configs: Configs, number: int) -> tuple[int, int, int]:
    """Runs of a configuration: bad, good, and those that say nothing."""
    outcomes = [trial.outcome for trial in configs.all[number].trials]
    bad, good, unknown = map(outcomes.count, (Outcome.BAD, Outcome.GOOD, Outcome.UNKNOWN))
    return bad, good, unknown

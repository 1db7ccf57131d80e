# SPDX-License-Identifier: GPL-2.0-only
"""A bisect: moves are chosen by judge/bisect, a probe builds and runs, and a journal keeps it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct, field

from orchestrator.judge.bisect.history import history
from orchestrator.judge.bisect.search import (
    Build,
    Run,
    Settings,
    State,
    Stop,
    next_move,
    rate,
)
from orchestrator.model.bisect import (
    BisectResult,
    Built,
    Check,
    Outcome,
    Side,
    Step,
    Trial,
    Word,
)
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Note, Progress

TRIALS_SHOWN = 3  # of each side, those that failed first
_ORDER = {Outcome.BAD: 0, Outcome.GOOD: 1, Outcome.UNKNOWN: 2}


class Probe(Protocol):
    """What can be asked of a step."""

    def build(self, node: int) -> Built:
        """Make it ready; a step that does not build is an answer. Raises InfrastructureError."""

    def run(self, node: int, number: int) -> Trial:
        """One run of a step that was built, the number-th of it."""


class Kept(Protocol):
    """Where what was built and run is written down as it ends."""

    def add(self, event: Built | Trial) -> None: ...


class Asked(Struct, frozen=True):
    """What is looked for, where, and how it is to be shown."""

    steps: tuple[Step, ...]
    check: Check
    tree: str
    run_dir: Path
    started_at: str
    command: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    notes: tuple[str, ...] = ()


def run_bisect(
    asked: Asked,
    probe: Probe,
    kept: Kept,
    progress: Progress,
    earlier: Sequence[Built | Trial] = (),
    clock: Callable[[], float] = time.monotonic,
) -> BisectResult:
    """Build and run until it is clear. earlier: what an interrupted bisect had.

    Raises InfrastructureError where the probe does.
    """
    began_s = clock()
    state = State(history([step.parents for step in asked.steps]))
    for event in earlier:
        _take(state, event)
    resumed = len(state.trials)
    while not isinstance(move := next_move(state, asked.settings), Stop):
        event = _make(move, state, asked, probe, progress)
        _take(state, event)
        kept.add(event)
    return _result(asked, state, move, resumed, clock() - began_s)


def _take(state: State, event: Built | Trial) -> None:
    if isinstance(event, Built):
        state.builds[event.node] = event
    else:
        state.trials.append(event)


def _make(
    move: Build | Run, state: State, asked: Asked, probe: Probe, progress: Progress
) -> Built | Trial:
    step = asked.steps[move.node]
    name = f"{short(step)} {step.title}"
    if isinstance(move, Build):
        progress(Note(f"building {name}, {move.node} of {state.history.last}"))
        built = probe.build(move.node)
        twins = [n for n, b in state.builds.items() if b.identity and b.identity == built.identity]
        if not built.identity:
            progress(Note(f"{short(step)} cannot be tested: {built.error}"))
        elif twins:
            twin = short(asked.steps[twins[0]])
            progress(Note(f"{short(step)} builds the same kernel as {twin}: no need to run it"))
        return built
    number = 1 + sum(trial.node == move.node for trial in state.trials)
    trial = probe.run(move.node, number)
    progress(Note(f"{name}: run {number} is {trial.outcome.value}: {trial.said}"))
    return trial


def short(step: Step) -> str:
    """As people name it: of a commit id the first twelve digits."""
    return step.name[:12] if step.tree else step.name


def _result(asked: Asked, state: State, stop: Stop, resumed: int, took_s: float) -> BisectResult:
    if stop.word is Word.END_UNTESTABLE and not _was_broken(state, stop.node):
        _raise_mute(asked, state, stop.node)
    last = state.history.last
    first = stop.suspects[0].node if stop.suspects else None
    found = stop.word in (Word.FOUND, Word.SET, Word.UNSURE) and first is not None
    return BisectResult(
        word=stop.word,
        check=asked.check,
        steps=asked.steps,
        command=asked.command,
        started_at=asked.started_at,
        run_dir=str(asked.run_dir),
        tree=asked.tree,
        suspects=stop.suspects,
        sure=stop.sure,
        asked_sure=asked.settings.sure,
        rate=rate(state, asked.settings.rates),
        after=_after(state, stop) if found else (),
        before=_before(state, stop) if found else (),
        ends=(_side(state, 0), _side(state, last)),
        builds=tuple(state.builds.values()),
        trials=tuple(state.trials),
        same=tuple(seen.nodes for seen in state.seen() if len(seen.nodes) > 1),
        resumed=resumed,
        took_s=round(took_s, 1),
        notes=(*asked.notes, *_notes(asked, state, stop)),
    )


def _was_broken(state: State, node: int) -> bool:
    return not state.builds[node].identity


def _raise_mute(asked: Asked, state: State, node: int) -> None:
    said = [trial.said for trial in state.trials if trial.node == node]
    raise InfrastructureError(
        f"no run of {short(asked.steps[node])} says anything of the failure: {said[-1]}",
        f"looked for is: {asked.check}",
    )


def _after(state: State, stop: Stop) -> tuple[Side, ...]:
    """The first step from the suspects on that was run and has all of them."""
    mask = sum(1 << suspect.node for suspect in stop.suspects)
    for node, reach in enumerate(state.history.reach):
        side = _side(state, node)
        if mask & ~reach == 0 and _total(side):
            return (side,)
    return ()


def _before(state: State, stop: Stop) -> tuple[Side, ...]:
    """The nearest steps below the suspects that were run, one for each line of descent."""
    suspects = {suspect.node for suspect in stop.suspects}
    found: dict[int, Side] = {}
    waiting = [p for node in sorted(suspects) for p in state.history.parents[node] or (0,)]
    looked: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node in looked:
            continue
        looked.add(node)
        side = _side(state, node)
        if node not in suspects and _total(side):
            found[node] = side
        elif node:
            waiting.extend(state.history.parents[node] or (0,))
    return tuple(found[node] for node in sorted(found))


def _total(side: Side) -> int:
    return side.good + side.bad


def failed_first(trials: Iterable[Trial]) -> list[Trial]:
    """Bad ones, good ones, and those that said nothing; each as they were made."""
    return sorted(trials, key=lambda trial: _ORDER[trial.outcome])


def _side(state: State, node: int) -> Side:
    same = state.same_kernel(node)
    counts = state.count(node)
    trials = failed_first(trial for trial in state.trials if trial.node in same)
    own = any(trial.node == node for trial in trials)
    return Side(
        node=node,
        good=counts[Outcome.GOOD],
        bad=counts[Outcome.BAD],
        unknown=counts[Outcome.UNKNOWN],
        trials=tuple(trials[:TRIALS_SHOWN]),
        same_as=trials[0].node if trials and not own else None,
    )


def _notes(asked: Asked, state: State, stop: Stop) -> tuple[str, ...]:
    """A failure of another kind at the culprit than at the bad end may be another fault."""
    if not stop.suspects or asked.check.kind in ("signature", "case", "creation", "slow"):
        return ()
    ends, own = (
        {name for trial in _side(state, node).trials for name in trial.signatures}
        for node in (state.history.last, stop.suspects[0].node)
    )
    if not own or not ends or own & ends:
        return ()
    return (
        f"{short(asked.steps[stop.suspects[0].node])} does not fail as "
        f"{short(asked.steps[-1])} does: two faults? --signature looks for one of them",
    )

# SPDX-License-Identifier: GPL-2.0-only
"""The course of a shrink: what was tried, the smallest so far, and what is said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Note, Progress
from orchestrator.model.shrink import (
    Answer,
    Ended,
    Neighbour,
    Outcome,
    Setup,
    ShrinkResult,
    Step,
    Tally,
    Trial,
)
from orchestrator.plan.shrink import shrink
from orchestrator.plan.shrink_contrast import contrasts, sentence
from orchestrator.plan.shrink_order import guesses, reducers
from orchestrator.plan.shrink_trials import Trials, added
from orchestrator.plan.shrink_words import counted, described, left_out
from orchestrator.workflow.shrink_asked import Asked, Kept, Runner

_WORDS = {
    Outcome.SAME: "the same failure",
    Outcome.GREEN: "green",
    Outcome.OTHER: "not this failure",
    Outcome.UNKNOWN: "says nothing",
}


class Stop(Exception):
    """A limit was reached."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.value)
        self.ended = ended


class Search:
    def __init__(
        self,
        asked: Asked,
        runner: Runner,
        kept: Kept,
        progress: Progress,
        earlier: Sequence[Trial],
        clock: Callable[[], float],
    ) -> None:
        self._asked, self._runner, self._kept = asked, runner, kept
        self._progress, self._clock = progress, clock
        self._began_s = clock()
        self._made = list(earlier)
        self._resumed = len(self._made)
        known: dict[Setup, Tally] = {}
        for trial in earlier:
            known[trial.setup] = added(known.get(trial.setup, Tally()), trial.outcome)
        self._trials = Trials(self._run, asked.limits.chance, known)
        self._best = asked.start
        self._steps: dict[Setup, Step] = {}
        self._neighbours: list[Neighbour] = []

    def whole(self) -> None:
        """All of it. Raises NeverAgain, Stop, and as the runner does."""
        asked = self._asked
        self._trials.repeat(asked.start, asked.limits.start_runs)
        for guess in guesses(asked.start, asked.cases, asked.suites):
            if self._fails(guess):
                self._better(guess)
                break
        smaller: Setup | None = self._best
        while smaller is not None:
            self._trials.searching = True
            shrink(smaller, reducers(asked.cases), self._fails, self._better)
            smaller = self._contrast()

    def _contrast(self) -> Setup | None:
        """Try the neighbours of the smallest setup; one of them if it fails after all."""
        self._trials.repeat(self._best, self._asked.limits.start_runs)
        self._trials.searching = False
        self._neighbours = []
        for each in contrasts(self._best, self._asked.start, self._asked.cases):
            refused = self._runner.refused(each.setup)
            answer = Answer.UNTRIED if refused else self._trials.answer(each.setup)
            if answer is Answer.FAILS:
                self._note_step(each.setup, answer)
                self._better(each.setup)
                return each.setup
            tally = self._trials.tally(each.setup)
            self._neighbours.append(
                Neighbour(
                    each.dimension, each.change, each.condition, each.setup, answer, tally, refused
                )
            )
        return None

    def _fails(self, setup: Setup) -> bool:
        refused = self._runner.refused(setup)
        answer = Answer.UNTRIED if refused else self._trials.answer(setup)
        self._note_step(setup, answer, refused)
        return answer is Answer.FAILS

    def _note_step(self, setup: Setup, answer: Answer, refused: str = "") -> None:
        old = self._steps.pop(setup, None)
        what = old.what if old else left_out(self._best, setup)
        tally = self._trials.tally(setup)
        self._steps[setup] = Step(what, setup, answer, tally, refused)

    def _better(self, setup: Setup) -> None:
        self._best = setup
        self._progress(Note(f"smaller: {self._steps[setup].what}"))

    def _run(self, setup: Setup) -> Outcome:
        limits, fresh = self._asked.limits, len(self._made) - self._resumed
        if limits.runs is not None and fresh >= limits.runs:
            raise Stop(Ended.RUNS)
        if limits.budget_s is not None and self._clock() - self._began_s >= limits.budget_s:
            raise Stop(Ended.BUDGET)
        number = len(self._made) + 1
        start = setup == self._asked.start
        what = "as it was" if start else left_out(self._best, setup)
        if setup == self._best and not start:
            what = "the smallest so far"
        self._progress(Note(f"run {number}: {what}"))
        trial = self._runner.run(setup, number)
        self._made.append(trial)
        self._kept.add(trial)
        self._progress(Note(f"run {number}: {_WORDS[trial.outcome]}: {trial.said}"))
        return trial.outcome

    def must_have_run(self) -> None:
        """InfrastructureError if no run of the start said anything."""
        if not self._trials.tally(self._asked.start).runs:
            said = self._made[-1].said if self._made else "nothing was run"
            raise InfrastructureError(f"no run says anything of the failure: {said}")

    def result(self, ended: Ended) -> ShrinkResult:
        best, asked = self._best, self._asked
        whole = self._neighbours if ended is Ended.WHOLE else []
        said, iff = sentence(best, whole, ended, self._trials.tally(asked.start).runs)
        same = [t for t in self._made if t.setup == best and t.outcome is Outcome.SAME]
        return ShrinkResult(
            of_run=asked.of_run,
            target=asked.target,
            start=asked.start,
            smallest=best,
            ended=ended,
            said=said,
            iff=iff,
            seen=self._trials.tally(best),
            chance=asked.limits.chance,
            passes_needed=self._trials.needed,
            steps=(self._first(), *self._steps.values()),
            neighbours=tuple(self._neighbours),
            trials=tuple(self._made),
            resumed=self._resumed,
            took_s=round(self._clock() - self._began_s, 1),
            started_at=asked.started_at,
            machine=described(best.topology),
            run_dir=same[-1].run_dir if same else "",
            notes=tuple(self._notes()),
        )

    def _first(self) -> Step:
        tally = self._trials.tally(self._asked.start)
        answer = Answer.FAILS if tally.same else Answer.UNKNOWN
        return Step("as it was", self._asked.start, answer, tally)

    def _notes(self) -> list[str]:
        refused = Counter(step.why_not for step in self._steps.values() if step.why_not)
        return [f"not tried: {counted(n, 'setup')} ({why})" for why, n in refused.items()]

# SPDX-License-Identifier: GPL-2.0-only
"""Single configurations, asked until it is clear whether they fail: what can be left out of a set
that steps did not tell apart, and whether the bad end passes without what was found."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.judge.bisect.search import MUTE_BY_HOST
from orchestrator.model.bisect import Word
from orchestrator.model.bisect_options import Change
from orchestrator.model.progress import Note, Progress
from orchestrator.model.shrink import Answer, Tally
from orchestrator.plan.shrink import ddmin
from orchestrator.plan.shrink_trials import passes_needed
from orchestrator.workflow.bisect import Kept, Probe
from orchestrator.workflow.bisect_configs import Configs, RoundProbe
from orchestrator.workflow.bisect_options_result import Found, OptionsAsked, listed, tally

ALSO_FAILS = 0.4  # of the runs, where the failure is a time: between what good and bad ends do


class Proof:
    """Of one bisect."""

    def __init__(
        self, asked: OptionsAsked, configs: Configs, probe: Probe, kept: Kept, progress: Progress
    ) -> None:
        self._asked, self._configs, self._probe, self._kept = asked, configs, probe, kept
        self._progress = progress
        self._used_up = False

    def left_out(self, found: Found) -> None:
        """Leave out of found whatever is not needed of its vague groups (ddmin). What cannot be
        tested without something needs it; then it stays vague."""
        if self._answer(found.names) is not Answer.FAILS:
            return
        vague = [change for group in found.groups if len(group) > 1 for change in group]
        others = found.names - {change.name for change in vague}

        def subset(kept: Iterable[Change]) -> frozenset[str]:
            return others | {change.name for change in kept}

        kept = ddmin(vague, lambda some: self._answer(subset(some)) is Answer.FAILS)
        fewer: list[tuple[Change, ...]] = [(change,) for change in kept]
        found.groups = [group for group in found.groups if len(group) == 1] + fewer
        whole = found.names
        without = [self._answer(whole - {change.name}) for change in kept]
        found.vague = self._used_up or any(answer is not Answer.PASSES for answer in without)

    def other_side(self, found: Found) -> tuple[int, Word]:
        """(Number of the bad configuration without what was found; FOUND if it passes)."""
        rest = frozenset(change.name for change in self._asked.differing) - found.names
        title = f"bad without {listed(found.names)}"
        answer = self._answer(rest, title)
        number = self._configs.number(rest, title)
        if answer is Answer.UNKNOWN:
            return number, Word.UNSURE if self._used_up else Word.ONE_SIDED
        return number, Word.FOUND if answer is Answer.PASSES else Word.NOT_ALONE

    def _answer(self, as_bad: frozenset[str], title: str = "") -> Answer:
        """After as many runs as a failure of the rate seen so far would have shown in."""
        title = title or (f"good with {listed(as_bad)}" if as_bad else "good")
        number = self._configs.number(as_bad, title)
        probe = RoundProbe(
            self._configs, self._probe, self._kept, lambda _: as_bad, lambda _: title,
            self._progress,
        )  # fmt: skip
        self._progress(Note(f"{title}: does that fail?"))
        if not probe.build(0).identity:
            return Answer.UNKNOWN
        while True:
            bad, good, unknown = tally(self._configs, number)
            done = bad + good >= self._needed()
            if self._fails(bad, good) and (done or not self._asked.check.timed):
                return Answer.FAILS
            if done:
                return Answer.PASSES
            if unknown >= MUTE_BY_HOST + bad + good:
                return Answer.UNKNOWN
            if self._configs.runs >= self._asked.settings.max_runs:
                self._used_up = True
                return Answer.UNKNOWN
            trial = probe.run(0, 0)
            self._progress(Note(f"{title}: {trial.outcome.value}: {trial.said}"))

    def _needed(self) -> int:
        """By the runs of all configurations that ever failed."""
        tallies = [tally(self._configs, number) for number in range(len(self._configs.all))]
        failed = [(bad, good) for bad, good, _ in tallies if self._fails(bad, good)]
        seen = Tally(sum(bad for bad, _ in failed), sum(good for _, good in failed))
        return passes_needed(seen, 1 - self._asked.settings.sure)

    def _fails(self, bad: int, good: int) -> bool:
        return bad > (ALSO_FAILS * (bad + good) if self._asked.check.timed else 0)

# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over options: rounds of a bisect over steps, each of which finds one more option that
is needed, and then the proof from the other side: the bad configuration without them passes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from msgspec.structs import replace

from orchestrator.judge.bisect.search import Settings
from orchestrator.model.bisect import BisectResult, Built, Step, Trial, Word
from orchestrator.model.bisect_options import Change, OptionsResult
from orchestrator.model.progress import Note, Progress
from orchestrator.workflow.bisect import Asked, Kept, Probe, run_bisect
from orchestrator.workflow.bisect_configs import Configs, RoundProbe
from orchestrator.workflow.bisect_options_proof import Proof
from orchestrator.workflow.bisect_options_result import (
    Found,
    OptionsAsked,
    listed,
    options_result,
)

LEAST_DOUBT = 0.001  # of a round: no number of runs makes the maths surer


def run_options(
    asked: OptionsAsked, configs: Configs, probe: Probe, kept: Kept, progress: Progress
) -> OptionsResult:
    """Build and run until it is clear. Raises InfrastructureError where the probe does."""
    began_s = time.monotonic()
    work = _Work(asked, configs, probe, kept, progress)
    found = Found()
    left = asked.differing
    while left and found.word is Word.FOUND:
        left = work.round(found, left)
    with_it = without = None
    if found.groups:
        proof = Proof(asked, configs, probe, kept, progress)
        if found.vague and found.word is Word.FOUND:
            proof.left_out(found)
        with_it = configs.number(found.names, "")
        configs.call(with_it, f"good with {listed(found.names)}")
        if found.word is Word.FOUND:
            without, found.word = proof.other_side(found)
        if found.word is Word.FOUND and found.vague:
            found.word = Word.SET
    return options_result(asked, configs, found, with_it, without, time.monotonic() - began_s)


class _Work:
    def __init__(
        self, asked: OptionsAsked, configs: Configs, probe: Probe, kept: Kept, progress: Progress
    ) -> None:
        self.asked, self.configs, self.probe, self.kept = asked, configs, probe, kept
        self.progress = progress
        self.names = frozenset(change.name for change in asked.differing)

    def round(self, found: Found, left: tuple[Change, ...]) -> tuple[Change, ...]:
        """One more that is needed, into found; among which the next is to be looked for."""
        found.rounds += 1
        fixed = found.names
        if found.groups:
            self.progress(Note(f"is that enough: {listed(fixed)}? {len(left)} stand before it"))
        result = self._bisect(fixed, left, found.rounds)
        found.rate = found.rate if result.rate is None else result.rate
        enough = result.word in (Word.GOOD_IS_BAD, Word.SAME_KERNEL) and bool(fixed)
        if enough:
            found.sure *= result.sure if result.word is Word.GOOD_IS_BAD else 1.0
            return ()
        nodes = sorted(suspect.node for suspect in result.suspects if suspect.node)
        if result.word in (Word.FOUND, Word.SET) and nodes:
            found.groups.append(tuple(left[node - 1] for node in nodes))
            found.sure *= result.sure
            found.vague = found.vague or result.word is Word.SET
            return left[: nodes[0] - 1]
        if result.word is Word.END_UNTESTABLE and fixed:
            # They cannot be tried alone: some of those before are needed to build or run at all.
            found.vague = True
            found.groups.append(left)
            return ()
        found.word = result.word
        found.sure *= result.sure
        found.suspects = tuple(
            (left[suspect.node - 1], suspect.probability)
            for suspect in result.suspects
            if suspect.node
        )
        return ()

    def _bisect(self, fixed: frozenset[str], left: Sequence[Change], rounds: int) -> BisectResult:
        def subset(node: int) -> frozenset[str]:
            return fixed | {change.name for change in left[:node]}

        def title(node: int) -> str:
            also = f"{listed(fixed)} and " if fixed else ""
            if not node:
                return f"good with {listed(fixed)}" if fixed else "good"
            if node == len(self.names):
                return "bad"
            return f"good with {also}the first {node} of {len(left)}, up to {left[node - 1]}"

        first = Step("good", title(0))
        steps = (first, *(Step(one.name, f"{one.good} → {one.bad}", parents=(number,))
                          for number, one in enumerate(left)))  # fmt: skip
        probe = RoundProbe(self.configs, self.probe, self.kept, subset, title, self.progress)
        settings = self._settings(rounds, [(subset(node), title(node)) for node in (0, len(left))])
        asked = Asked(
            steps=steps,
            check=self.asked.check,
            tree=self.asked.tree,
            run_dir=self.asked.run_dir,
            started_at=self.asked.started_at,
            settings=settings,
        )
        return run_bisect(asked, probe, _Nowhere(), self.progress)

    def _settings(self, rounds: int, ends: Sequence[tuple[frozenset[str], str]]) -> Settings:
        """Of a round. Its runs begin with those that its ends have from earlier ones. All rounds
        together may be wrong as often as the user allows, so each may half as often as the one
        before."""
        settings = self.asked.settings
        doubt = max((1 - settings.sure) / 2**rounds, min(LEAST_DOUBT, 1 - settings.sure))
        again = 0
        if rounds > 1:
            numbers = {self.configs.number(*end) for end in ends}
            again = sum(len(self.configs.all[number].trials) for number in numbers)
        runs = settings.max_runs - self.configs.runs * (rounds > 1) + again
        return replace(settings, sure=1 - doubt, max_runs=max(1, runs))


class _Nowhere:
    """A Kept that keeps nothing: what a round builds and runs is written down by its probe."""

    def add(self, event: Built | Trial) -> None:
        """It is known."""

# SPDX-License-Identifier: GPL-2.0-only
"""A shrink on machines that are made up: what it says, when it stops, and how it goes on."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import silent
from orchestrator.model.shrink import (
    Answer,
    Ended,
    Outcome,
    Setup,
    ShrinkResult,
    Target,
    Trial,
)
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.shrink_contrast import contrasts
from orchestrator.plan.shrink_moves import odd
from orchestrator.workflow.shrink import run_shrink
from orchestrator.workflow.shrink_asked import Asked, Limits

SUITES = tuple(f"orch_{name}" for name in "abcdef")
MACHINE = Topology(
    "shrunk",
    "",
    (Node(0, (0,), 512), Node(1, (1,), 0), Node(2, (2,), 512), Node(3, (3,), 256)),
    ((10, 30, 20, 20), (30, 10, 15, 40), (20, 15, 10, 20), (20, 40, 20, 10)),
)
START = Setup(SUITES, MACHINE, ("numa", "kasan"))
TARGET = Target("ktap", "fail", "orch_c.x failed", "0123456789ab")
CASES = (("orch_c", "x"),)
Fails = Callable[[Setup], bool]


class Machines:
    """A Runner that boots nothing. fails: does this setup fail, this time? said: else."""

    def __init__(
        self,
        fails: Fails,
        otherwise: Callable[[Setup], Outcome] = lambda _: Outcome.GREEN,
        refused: Callable[[Setup], str] = lambda _: "",
    ) -> None:
        self._fails, self._otherwise, self._refused = fails, otherwise, refused
        self.trials: list[Trial] = []
        self.stop_at = 0

    def refused(self, setup: Setup) -> str:
        return self._refused(setup)

    def run(self, setup: Setup, number: int) -> Trial:
        if number == self.stop_at:
            raise KeyboardInterrupt
        outcome = Outcome.SAME if self._fails(setup) else self._otherwise(setup)
        return Trial(setup, outcome, f"/runs/{number}", outcome.value)

    def add(self, event: Trial) -> None:
        """As a journal."""
        self.trials.append(event)


def asked(start: Setup = START, limits: Limits | None = None) -> Asked:
    return Asked("/run", TARGET, start, "now", CASES, ("orch_c",), limits or Limits())


def shrunk(machines: Machines, start: Setup = START, limits: Limits | None = None) -> ShrinkResult:
    return run_shrink(asked(start, limits), machines, machines, silent)


def runs_c(setup: Setup) -> bool:
    return "orch_c" in setup.suites and setup.case in ("", "x")


def memoryless(setup: Setup) -> bool:
    return any(not node.mem_mib for node in setup.topology.nodes)


PREDICATES: list[tuple[Fails, str]] = [
    (lambda s: memoryless(s), "orch_c.x fails iff node 1 has no memory"),
    (
        lambda s: memoryless(s) and "numa" in s.config,
        "orch_c.x fails iff node 1 has no memory and numa is configured",
    ),
    (lambda s: s.topology.cpu_count >= 3, "orch_c.x fails iff there are at least 3 CPUs"),
    (lambda s: s.topology.cpu_count >= 4, "orch_c.x fails iff there are 4 CPUs"),
    (
        lambda s: len(s.topology.nodes) >= 2,
        "orch_c.x fails iff there are at least 2 nodes",
    ),
    (
        lambda s: memoryless(s) and len(s.topology.nodes) >= 3,
        "orch_c.x fails iff node 1 has no memory and there are at least 3 nodes",
    ),
    (
        lambda s: s.topology.nodes[0].mem_mib >= 500,
        "orch_c.x fails iff node 0 has at least 512 MiB",
    ),
    (lambda s: bool(s.topology.distances), "orch_c.x fails iff the distances are these"),
]


@pytest.mark.parametrize(("fails", "sentence"), PREDICATES)
def test_the_sentence_is_the_condition(fails: Fails, sentence: str) -> None:
    result = shrunk(Machines(lambda setup: runs_c(setup) and fails(setup)))
    assert (result.said, result.iff, result.ended) == (sentence, True, Ended.WHOLE)
    assert all(each.answer is Answer.PASSES for each in result.neighbours)
    assert result.run_dir and result.seen.same >= 3 and not result.seen.green


def test_where_nothing_of_the_machine_matters_it_says_so() -> None:
    result = shrunk(Machines(runs_c))
    (node,) = result.smallest.topology.nodes
    assert (node.cpus, node.mem_mib, result.smallest.config) == ((0,), 128, ())
    assert "on the smallest machine there is: 1 node: 1 CPU, 128 MiB" in result.said
    assert not result.iff


def test_two_suites_that_are_both_needed_stay() -> None:
    result = shrunk(Machines(lambda setup: {"orch_a", "orch_e"} <= set(setup.suites)))
    assert result.smallest.suites == ("orch_a", "orch_e") and not result.smallest.case
    assert result.said == "orch_a and orch_e fail iff orch_a runs and orch_e runs"


@pytest.mark.parametrize("seed", range(20))
def test_whatever_fails_the_result_is_1_minimal(seed: int) -> None:
    """Any predicate, as long as the start fails: a coin for each setup, always the same one."""

    def fails(setup: Setup) -> bool:
        return setup == START or random.Random(f"{seed} {setup}").random() < 0.4

    result = shrunk(Machines(fails))
    assert result.ended is Ended.WHOLE and fails(result.smallest)
    assert not any(fails(each.setup) for each in contrasts(result.smallest, START, CASES))
    assert result.iff or not any(each.condition for each in result.neighbours)


def test_iff_is_not_said_where_a_neighbour_is_red_in_another_way() -> None:
    def otherwise(setup: Setup) -> Outcome:
        return Outcome.GREEN if odd(setup) or len(setup.topology.nodes) == 1 else Outcome.OTHER

    result = shrunk(Machines(lambda s: runs_c(s) and memoryless(s), otherwise))
    assert not result.iff
    assert result.said == (
        "orch_c.x fails if node 1 has no memory; whether only then is not known: "
        "node 1 gets memory: not this failure, but not green either"
    )


def test_nor_where_one_says_nothing() -> None:
    def otherwise(setup: Setup) -> Outcome:
        return Outcome.GREEN if odd(setup) else Outcome.UNKNOWN

    result = shrunk(Machines(lambda s: runs_c(s) and memoryless(s), otherwise))
    assert not result.iff and "node 1 gets memory: no run said anything" in result.said


def test_a_kernel_that_is_not_built_is_named_and_not_tried() -> None:
    machines = Machines(
        lambda s: runs_c(s) and memoryless(s),
        refused=lambda s: "" if s.config == START.config else "not built",
    )
    result = shrunk(machines)
    assert result.smallest.config == START.config
    assert result.said == "with numa,kasan, orch_c.x fails iff node 1 has no memory"
    assert all(trial.setup.config == START.config for trial in machines.trials)
    untried = [each for each in result.neighbours if each.answer is Answer.UNTRIED]
    assert {each.change for each in untried} == {
        "without the fragment numa", "without the fragment kasan",
    }  # fmt: skip
    assert "not built" in result.notes[0]


def test_a_flaky_failure_is_shrunk_too() -> None:
    good = 0
    for seed in range(30):
        dice = random.Random(seed)
        machines = Machines(lambda s, d=dice: runs_c(s) and memoryless(s) and d.random() < 0.5)
        result = shrunk(machines)
        if result.ended is Ended.WHOLE:
            good += result.said == "orch_c.x fails iff node 1 has no memory"
            assert memoryless(result.smallest) and result.seen.same >= 1
    assert good >= 27


def test_one_that_never_comes_again_is_not_green() -> None:
    machines = Machines(lambda _: False)
    result = shrunk(machines, limits=Limits(start_runs=6))
    assert result.ended is Ended.NEVER_AGAIN and result.ended.exit_code == 3
    assert result.said == "the failure did not come again in 6 runs: nothing is known"
    assert len(machines.trials) == 6 and not result.iff and not result.run_dir


def test_one_that_says_nothing_is_infrastructure() -> None:
    with pytest.raises(InfrastructureError, match="no run says anything of the failure: unknown"):
        shrunk(Machines(lambda _: False, lambda _: Outcome.UNKNOWN))


def fails(setup: Setup) -> bool:
    return runs_c(setup) and memoryless(setup) and len(setup.topology.nodes) >= 3


@pytest.mark.parametrize("runs", range(1, 40, 3))
def test_stopped_it_has_the_smallest_so_far_and_goes_on(runs: int) -> None:
    whole = shrunk(Machines(fails))
    first = Machines(fails)
    stopped = shrunk(first, limits=Limits(runs=runs))
    if stopped.ended is Ended.WHOLE:
        assert runs >= len(whole.trials)
        return
    assert stopped.ended is Ended.RUNS and stopped.ended.exit_code == 1 and not stopped.iff
    assert len(first.trials) == runs and fails(stopped.smallest)
    assert "a smaller setup may fail as well" in stopped.said
    second = Machines(fails)
    again = run_shrink(asked(), second, second, silent, first.trials)
    assert (again.said, again.smallest) == (whole.said, whole.smallest)
    assert again.resumed == runs and len(again.trials) == len(whole.trials)


def test_ctrl_c_keeps_the_smallest_so_far() -> None:
    machines = Machines(fails)
    machines.stop_at = 9
    result = shrunk(machines)
    assert result.ended is Ended.INTERRUPTED and result.ended.exit_code == 130
    assert len(machines.trials) == 8 and fails(result.smallest) and result.smallest != START


def test_a_budget_begins_nothing_after_it() -> None:
    ticks = itertools.count()
    machines = Machines(fails)
    limits = Limits(budget_s=5)
    result = run_shrink(
        asked(limits=limits), machines, machines, silent, clock=lambda: float(next(ticks))
    )
    assert result.ended is Ended.BUDGET and len(machines.trials) == 4


def test_each_run_is_told() -> None:
    told: list[str] = []
    machines = Machines(fails)
    run_shrink(asked(), machines, machines, lambda event: told.append(str(event)))
    for number in range(1, len(machines.trials) + 1):
        assert any(f"run {number}: " in line for line in told)
    assert any("smaller: orch_c.x of 6 suites" in line for line in told)


def test_a_neighbour_that_fails_after_all_is_the_next_smallest() -> None:
    """It passed once by luck on the way."""
    lucky = {"left": 1}

    def flaky(setup: Setup) -> bool:
        if not runs_c(setup) or not memoryless(setup):
            return False
        if len(setup.topology.nodes) == 2 and lucky["left"]:
            lucky["left"] -= 1
            return False
        return True

    result = shrunk(Machines(flaky), replace(START, config=()))
    assert len(result.smallest.topology.nodes) == 2 and result.iff

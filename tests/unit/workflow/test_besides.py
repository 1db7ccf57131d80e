# SPDX-License-Identifier: GPL-2.0-only
"""Which of its own suites a kernel is told to run."""

from __future__ import annotations

from orchestrator.model.job import BuiltIn, BuiltInSuite, KernelConfig, Option, Plan
from orchestrator.model.topology import Node, Topology
from orchestrator.workflow.besides import cmdline

PLAN = Plan("n", (), Topology("one", "", (Node(0, (0,), 64),), ((10,),)), True, True)
ALL = KernelConfig(("kunit",), (Option("CONFIG_KUNIT_ALL_TESTS", "y", "kunit.config", 1),))
NONE = KernelConfig(("numa",), ())


def test_those_that_were_asked_for() -> None:
    asked = Plan(
        "n", (), PLAN.topology, True, True, kunit=BuiltIn("l*", (BuiltInSuite("list", ("a",)),))
    )
    assert cmdline(ALL, asked) == cmdline(NONE, asked) == ("kunit.filter_glob=l*",)


def test_a_kernel_that_has_them_runs_none_unasked() -> None:
    assert cmdline(ALL, PLAN) == ("kunit.filter_glob=orchestrate-none",)
    assert cmdline(NONE, PLAN) == (), "other kernels boot as they always did"

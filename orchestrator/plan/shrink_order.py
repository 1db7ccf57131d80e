# SPDX-License-Identifier: GPL-2.0-only
"""In which order things are left out of a setup, and what is tried before all else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from orchestrator.model.shrink import Setup
from orchestrator.plan.shrink import Reducer, first_of
from orchestrator.plan.shrink_moves import APART, CONFIG, CPUS, MEMORY, NODES, ODD, SUITES

# (suite, case) that may be enough alone, the likeliest first
Cases = Sequence[tuple[str, str]]


def reducers(cases: Cases) -> tuple[Reducer[Setup], ...]:
    """All of them, in this order: what makes later runs shorter first."""
    return (
        SUITES,
        first_of(lambda setup: alone(setup, cases)),
        ODD,
        CONFIG,
        NODES,
        APART,
        CPUS,
        MEMORY,
    )


def alone(setup: Setup, cases: Cases) -> Iterator[Setup]:
    """The setup's one suite with one case."""
    if setup.case or len(setup.suites) != 1:
        return
    for suite, case in cases:
        if suite == setup.suites[0]:
            yield replace(setup, case=case)


def guesses(setup: Setup, cases: Cases, suites: Sequence[str]) -> Iterator[Setup]:
    """What is likely to be enough: the first case, if it is of the likeliest suite; then each of
    the likely suites alone."""
    for suite, case in cases[:1]:
        if suite in setup.suites and not setup.case and suite in (*suites, suite)[:1]:
            yield replace(setup, suites=(suite,), case=case)
    for suite in suites:
        if suite in setup.suites and len(setup.suites) > 1:
            yield replace(setup, suites=(suite,))


def unfinished_first(cases: Cases, suites: Sequence[str], listed: Sequence[str]) -> Cases:
    """The cases, those of the likeliest suite that left no result before all others: one of them
    may be the one that never ended, which KUnit does not name. listed: what its source has."""
    told = {case for suite, case in cases if suite == suites[0]} if suites else set()
    missing = [(suite, case) for suite in suites[:1] for case in listed if case not in told]
    return (*missing, *cases)

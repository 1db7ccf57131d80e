# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts rank totally, and only PASS ends with 0."""

from __future__ import annotations

import itertools

import pytest

from orchestrator.model.errors import (
    BuildBroken,
    InfrastructureError,
    OrchestrateError,
    PatchBroken,
    UsageError,
)
from orchestrator.model.verdict import Verdict, worst


def test_exit_codes() -> None:
    codes = {verdict: verdict.exit_code for verdict in Verdict}
    assert [verdict for verdict, code in codes.items() if code == 0] == [Verdict.PASS]
    assert [verdict for verdict, code in codes.items() if code == 3] == [Verdict.INFRASTRUCTURE]
    assert set(codes.values()) == {0, 1, 3}


def test_every_verdict_has_a_rank_and_declaration_follows_it() -> None:
    """judge/verdict.py sorts by declaration, worst() by rank: they must agree."""
    for one, other in itertools.combinations(Verdict, 2):
        if {one, other} == {Verdict.PATCH_BROKEN, Verdict.BUILD_BROKEN}:
            continue  # never findings of one run
        assert worst((one, other)) is worst((other, one)) is other


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((), Verdict.INCOMPLETE),
        ((Verdict.PASS,), Verdict.PASS),
        ((Verdict.PASS, Verdict.SKIP), Verdict.SKIP),
        ((Verdict.CRASH, Verdict.INCOMPLETE, Verdict.FAIL), Verdict.CRASH),
        ((Verdict.CRASH, Verdict.INFRASTRUCTURE), Verdict.INFRASTRUCTURE),
    ],
)
def test_the_worst(verdicts: tuple[Verdict, ...], expected: Verdict) -> None:
    assert worst(verdicts) is expected


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UsageError, 2), (PatchBroken, 1), (BuildBroken, 1), (InfrastructureError, 3)],
)
def test_errors_end_as_the_verdict_they_become(kind: type[OrchestrateError], code: int) -> None:
    error = kind("what", "hint")
    assert (error.exit_code, str(error), error.hint) == (code, "what", "hint")

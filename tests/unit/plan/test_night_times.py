# SPDX-License-Identifier: GPL-2.0-only
"""How long a cell will take, by itself, by its like, by nothing."""

from __future__ import annotations

from made_cells import attempt, cell

from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan import night_times
from orchestrator.plan.night_order import Facts
from orchestrator.plan.night_times import expected

A2, A4, A8 = (cell(f"a/-/numa/{name}") for name in ("n2", "n4", "n8"))
B2, P2, Q2 = cell("b/-/numa/n2"), cell("b/p/numa/n2"), cell("b/q/numa/n2")


def test_nothing_is_known() -> None:
    found = expected([A2, P2], {}, {kernel_of(A2)})
    assert found.boots == {A2: night_times.BOOT_S, P2: night_times.BOOT_S}
    assert found.builds == {
        kernel_of(A2): night_times.READY_S,
        kernel_of(P2): night_times.PATCHED_S,
    }
    assert expected([A2], {}, ()).builds == {kernel_of(A2): night_times.BUILD_S}


def test_as_long_as_it_did_without_its_build() -> None:
    runs = tuple(attempt(A2, wall_s=wall_s) for wall_s in (7.0, 5.0, 9.0))
    built = attempt(A2, wall_s=107.0, build_s=100.0)
    found = expected([A2], {A2: Facts((*runs, built))}, ())
    assert found.boots[A2] == 7.0
    assert found.builds[kernel_of(A2)] == 100.0


def test_the_latest_five_count() -> None:
    runs = tuple(attempt(A2, wall_s=wall_s) for wall_s in (2, 2, 2, 2, 2, 50, 50, 50, 50, 50, 50))
    assert expected([A2], {A2: Facts(runs)}, ()).boots[A2] == 2


def test_as_its_like() -> None:
    facts = {A2: Facts((attempt(A2, wall_s=3.0),)), A4: Facts((attempt(A4, wall_s=8.0),))}
    found = expected([A2, A4, A8, B2], facts, ())
    assert found.boots[B2] == 3.0, "the same machine"
    assert found.boots[A8] == 5.5, "anything"


def test_a_patched_kernel_takes_as_another_patched_one() -> None:
    facts = {
        B2: Facts((attempt(B2, wall_s=200.0, build_s=190.0),)),
        P2: Facts((attempt(P2, wall_s=30.0, build_s=25.0),)),
    }
    found = expected([A2, B2, P2, Q2], facts, ())
    assert found.builds[KernelName("b", "q", "numa")] == 25.0
    assert found.builds[KernelName("a", "", "numa")] == 190.0


def test_what_did_not_boot_says_nothing_of_boots() -> None:
    broken = attempt(A2, wall_s=900.0, build_s=900.0, boot_s=None)
    assert expected([A2], {A2: Facts((broken,))}, ()).boots[A2] == night_times.BOOT_S

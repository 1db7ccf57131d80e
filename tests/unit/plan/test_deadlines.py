# SPDX-License-Identifier: GPL-2.0-only
"""A slower guest gets more time, never less, and not without end."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.plan.deadlines import (
    MAX_FACTOR,
    REFERENCE_BOOT_S,
    Deadlines,
    crowding,
    speed_factor,
)

SECONDS = st.floats(0, 10_000)
CPUS = st.integers(1, 64)
RELAXED = settings(deadline=None, max_examples=50)


def test_the_reference_guest_has_factor_one() -> None:
    assert speed_factor(REFERENCE_BOOT_S, 4) == 1.0
    assert speed_factor(3 * REFERENCE_BOOT_S, 4) == 3.0
    assert speed_factor(10_000, 4) == MAX_FACTOR


@RELAXED
@given(SECONDS, SECONDS, CPUS)
def test_slower_never_means_less_time(one: float, other: float, cpus: int) -> None:
    fast, slow = sorted((one, other))
    low, high = speed_factor(fast, cpus), speed_factor(slow, cpus)
    assert 1.0 <= low <= high <= MAX_FACTOR
    tight, wide = Deadlines().scaled(low), Deadlines().scaled(high)
    assert tight.step_s <= wide.step_s and tight.stop_s <= wide.stop_s
    assert tight.step_s >= Deadlines().step_s


@RELAXED
@given(SECONDS, CPUS, CPUS)
def test_more_cpus_do_not_make_a_guest_slow(boot_s: float, one: int, other: int) -> None:
    few, many = sorted((one, other))
    assert speed_factor(boot_s, many) <= speed_factor(boot_s, few)


def test_the_boot_is_scaled_by_the_host_alone() -> None:
    """How fast the guest is, only its boot tells."""
    assert Deadlines(boot_s=5).scaled(4).boot_s == 5
    slow = Deadlines(boot_s=5, boot_all_s=50, step_s=7).boot_scaled(4)
    assert (slow.boot_s, slow.boot_all_s, slow.step_s) == (20, 200, 7)


def test_vcpus_that_share_a_thread_have_more_time() -> None:
    assert crowding(4, "single", 2) == crowding(1, "multi", 2) == 1.0
    assert crowding(8, "single", 2) == crowding(16, "multi", 2) == 2.0
    crowded = Deadlines(crowding=2.0)
    assert crowded.scaled(1).step_s == 2 * Deadlines().step_s
    assert crowded.hung_task_s == 2 * Deadlines().hung_task_s


@RELAXED
@given(st.floats(6, 3600), st.floats(1, 20), st.floats(1, 16))
def test_the_guests_own_detectors_speak_before_we_stop_it(
    step_s: float, factor: float, crowded: float
) -> None:
    """hung_task looks once in its limit, so that it may take twice as long; and the guest may
    allow for half as much again, if others run on the host (rootfs/steps/45-core.sh)."""
    deadlines = Deadlines(step_s=step_s, crowding=crowded)
    assert 1.5 * 2 * deadlines.hung_task_s * factor <= deadlines.scaled(factor).step_s + 1e-6


def test_a_part_is_looked_for_in_half_a_step_and_not_for_ever() -> None:
    assert Deadlines(step_s=40).plug_s == 20 and Deadlines(step_s=1).plug_s == 1
    assert Deadlines(step_s=math.inf).plug_s == 120

# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel ran before init, and what only looks like it."""

from __future__ import annotations

from orchestrator.model.evidence import AtBoot, TestResult
from orchestrator.parse.at_boot import at_boot
from orchestrator.parse.ktap import parse_ktap

LOG = """\
[    0.500000][    T1] KTAP version 1
[    0.500000][    T1] 1..2
[    0.510000][    T1]     KTAP version 1
[    0.510000][    T1]     # Subtest: list
[    0.510000][    T1]     1..1
[    0.600000][    T1]     ok 1 init
[    0.600000][    T1] ok 1 list
[    0.610000][    T1]     KTAP version 1
[    0.610000][    T1]     # Subtest: sort
[    0.610000][    T1]     1..1
[    1.000000][    T1]     ok 1 ints
[    1.100000][    T1] ok 2 sort
[    1.200000][    T1] Run /init as init process
[    2.000000][   T50] KTAP version 1
[    2.000000][   T50] 1..1
[    2.000000][   T50]     KTAP version 1
[    2.000000][   T50]     # Subtest: orch_create
[    2.000000][   T50]     1..1
[    2.000000][   T50]     ok 1 create
[    2.100000][   T50] ok 1 orch_create
"""


def read(text: str) -> tuple[AtBoot, list[str]]:
    lines = text.splitlines()
    ktap = parse_ktap(lines)
    return at_boot(lines, ktap.tests), [test.name for test in ktap.tests]


def test_before_and_after_init() -> None:
    found, names = read(LOG)
    assert found == AtBoot(2, (0.1, 0.5))
    assert names == ["list", "sort", "orch_create"]


def test_a_forged_result_after_init_does_not_count() -> None:
    lines = LOG.splitlines()
    cut = [*lines[:7], lines[12], *lines[7:12], *lines[13:]]
    found, names = read("\n".join(cut))
    assert (found.count, names[:2]) == (1, ["list", "sort"])


def test_a_suite_that_is_concluded_after_init_does_not_count() -> None:
    lines = LOG.splitlines()
    late = [*lines[:11], lines[12], lines[11]]
    found, _ = read("\n".join(late))
    assert found.count == 1


def test_a_log_cut_before_init_has_what_it_has() -> None:
    lines = LOG.splitlines()[:10]
    found, names = read("\n".join(lines))
    assert (found.count, names) == (2, ["list", "sort"])
    assert found.seconds == (0.1, None), "what never ended took no time that is known"
    assert parse_ktap(lines).tests[1].result is TestResult.CRASHED


def test_a_log_without_times() -> None:
    bare = "\n".join(line[23:] for line in LOG.splitlines())
    found, _ = read(bare)
    assert found == AtBoot(2, (None, None))


def test_nothing() -> None:
    assert at_boot([], ()) == AtBoot()

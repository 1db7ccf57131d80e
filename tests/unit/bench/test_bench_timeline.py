# SPDX-License-Identifier: GPL-2.0-only
"""Phases of a boot, from its logs."""

from __future__ import annotations

import pytest
import section_timeline

LOG = [
    "[    0.000000][    T0] Linux version 7",
    "[    0.300000][    T1] smp: Bringing up secondary CPUs ...",
    "[    0.310000][    T1] smp: Brought up 4 nodes, 4 CPUs",
    "[    0.600000][    T1] Run /init as init process",
    "[    0.900000][    T1] a silence that is not the kernel's",
]
SAID = ["ready", "begin n 0.70 7", "suite-begin x 0.75", "suite-end x 0.85 0", "end n 0.95"]


def test_phases_add_up_to_what_qemu_took() -> None:
    took = section_timeline.phases(LOG, SAID, boot_s=0.9, wall_s=1.2)
    assert {name: round(each, 3) for name, each in took.items()} == {
        section_timeline.BEFORE: 0.2,
        "kernel, one CPU": 0.3,
        "the other CPUs": 0.01,
        "ACPI, PCI, drivers": 0.29,
        "init, until it has its job": 0.1,
        "core module, tracing": 0.05,
        "the suite": 0.1,
        "logs to the host": 0.1,
        "power-off": 0.05,
    }
    assert sum(took.values()) == pytest.approx(1.2)


@pytest.mark.parametrize(("log", "said"), [(LOG[:2], SAID), (LOG, SAID[:2])])
def test_a_mark_that_is_missing_is_no_measurement(log: list[str], said: list[str]) -> None:
    with pytest.raises(ValueError, match="no"):
        section_timeline.phases(log, said, 0.9, 1.2)


def test_silences_of_the_kernel_are_told_the_longest_first() -> None:
    assert [gap.split(" s ")[0] for gap in section_timeline.longest(LOG)] == ["0.300", "0.290"]

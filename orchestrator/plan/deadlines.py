# SPDX-License-Identifier: GPL-2.0-only
"""How long a guest may be silent before it counts as hung, scaled to its measured speed."""

from __future__ import annotations

from dataclasses import dataclass, replace

# Boot of the numa configuration on 4 nodes to init's first message, TCG, on the 2-core
# machine class the project was measured on (docs/benchmark.md).
REFERENCE_BOOT_S = 1.2
MAX_FACTOR = 20.0


@dataclass(frozen=True)
class Deadlines:
    """Seconds of wall clock. boot: without a word on the console until init begins. boot_all:
    QEMU start to init, however much is said. step: between two messages of init afterwards
    (a suite is one step). stop: end marker to the end of QEMU."""

    boot_s: float = 60.0
    boot_all_s: float = 300.0
    step_s: float = 40.0
    stop_s: float = 20.0

    @property
    def hung_task_s(self) -> int:
        """For the guest's own detectors, which must speak before we stop it."""
        return max(2, min(10, int(self.step_s / 3)))

    def scaled(self, factor: float) -> Deadlines:
        """For a guest `factor` times slower than the reference. Those of the boot stay: how
        fast the guest is, only its boot tells."""
        return replace(self, step_s=self.step_s * factor, stop_s=self.stop_s * factor)


def speed_factor(boot_s: float, cpus: int) -> float:
    """How much slower than the reference a guest of `cpus` vCPUs booted; 1.0 at least.

    Bring-up costs about 0.15 s a vCPU under TCG; more vCPUs do not make a guest slow.
    """
    expected_s = REFERENCE_BOOT_S + 0.15 * max(0, cpus - 4)
    return min(MAX_FACTOR, max(1.0, boot_s / expected_s))

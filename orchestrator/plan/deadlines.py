# SPDX-License-Identifier: GPL-2.0-only
"""How long a guest may be silent before it counts as hung, scaled to its measured speed."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

# Boot of the numa configuration on 4 nodes to init's first message, TCG, on the 2-core
# machine class the project was measured on (docs/benchmark.md).
REFERENCE_BOOT_S = 1.2
REFERENCE_CPUS = 4  # of that guest, all in one host thread
MAX_FACTOR = 20.0
# Time that the host took from a machine is no silence of its guest, up to so many times the
# deadline: behind that, nobody waits any longer.
PATIENCE = 3.0
LONGEST_LOOK_S = 240.0


class Deadlines(Struct, frozen=True):
    """Seconds. boot: without a word on the console until init begins. boot_all: QEMU start to
    init, however much is said. step: between two messages of init afterwards (a suite is one
    step). stop: end marker to the end of QEMU. crowding: how many times more vCPUs share a
    host thread than in the reference. session: what a shell or command of the user's may take
    besides, all in all, as long as the guest shows that it is alive."""

    boot_s: float = 60.0
    boot_all_s: float = 300.0
    step_s: float = 40.0
    stop_s: float = 20.0
    crowding: float = 1.0
    session_s: float = 0.0

    @property
    def hung_task_s(self) -> int:
        """For the guest's own detectors, which must speak before we stop it. The guest scales
        it to its speed (rootfs/steps/45-core.sh)."""
        return max(2, int(self.crowding * min(10.0, self.step_s / 3)))

    @property
    def plug_s(self) -> int:
        """How long the guest looks for a part that comes or goes: half of a step, so that it
        speaks before we stop it. The steps of a shell have no end; this has."""
        return max(1, int(self.crowding * min(self.step_s, LONGEST_LOOK_S) / 2))

    def boot_scaled(self, factor: float) -> Deadlines:
        """The boot's, on a host `factor` times slower than the reference."""
        return replace(self, boot_s=self.boot_s * factor, boot_all_s=self.boot_all_s * factor)

    def scaled(self, factor: float) -> Deadlines:
        """What comes after the boot, for a guest `factor` times slower than the reference."""
        factor *= self.crowding
        return replace(self, step_s=self.step_s * factor, stop_s=self.stop_s * factor)


def crowding(cpus: int, tcg_thread: str, host_cpus: int) -> float:
    """For Deadlines: of a guest with so many vCPUs, in threads as plan.qemu.Boot names them."""
    threads = 1 if tcg_thread == "single" else max(1, min(cpus, host_cpus))
    return max(1.0, cpus / threads / REFERENCE_CPUS)


def bounded(factor: float) -> float:
    """1.0 at least: nobody gets less time for being fast; and not without end."""
    return min(MAX_FACTOR, max(1.0, factor))


def speed_factor(boot_s: float, cpus: int) -> float:
    """How much slower than the reference a guest of `cpus` vCPUs booted; 1.0 at least.

    Bring-up costs about 0.15 s a vCPU under TCG; more vCPUs do not make a guest slow.
    """
    return bounded(boot_s / (REFERENCE_BOOT_S + 0.15 * max(0, cpus - REFERENCE_CPUS)))

# SPDX-License-Identifier: GPL-2.0-only
"""What a build and a boot do, and how long they take where they are."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

import simpy
from sim_hosts import Place, family_of
from sim_setting import GBIT, Setting
from sim_shared import Shared, Use
from sim_times import Dice, Times

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of

_T = TypeVar("_T")
Going = Generator[simpy.Event, object, _T]


@dataclass(frozen=True)
class Ended:
    """A step's last message. good: built, or passed."""

    place: Place
    good: bool


class Disk:
    """What a host has: it outlives a worker's process, not the host."""

    def __init__(self) -> None:
        self.kernels: set[KernelName] = set()
        self.families: set[object] = set()
        self.trees: set[str] = set()


class Steps:
    """Of one night. tell: hears the end of each. sent: bytes from the store."""

    def __init__(
        self,
        env: simpy.Environment,
        setting: Setting,
        times: Times,
        hosts: list[str],
        tell: Callable[[Ended], None],
    ) -> None:
        self.env, self.setting, self.tell = env, setting, tell
        self.dice, self.spreads = Dice(setting.seed), times.spreads
        self.tree_bytes = times.number("tree_bytes")
        streams = setting.store_gbit / setting.nic_gbit
        self.into, self.out = Shared(env, streams), Shared(env, streams)
        self.unpacking = Shared(env, 1.0)
        self.cores = {host: Shared(env, setting.cores) for host in hosts}
        self.disks = {host: Disk() for host in hosts}
        self.known: set[object] = set()
        self.tries: dict[object, int] = {}
        self.whole_builds = 0
        self.longest_s = 0.0  # of one step, if nothing had slowed it down
        self.cpu_s = 0.0  # core seconds of all that ended

    def run(self, place: Place) -> Going[None]:
        """A process: one step. An interrupt ends it without a word."""
        host, step = place.host, place.step
        number = self.tries[step] = self.tries.get(step, 0) + 1
        try:
            if isinstance(step, CellKey):
                good = yield from self._boot(host, step, number)
            else:
                good = yield from self._build(host, step, number)
        except simpy.Interrupt:
            return
        self.tell(Ended(place, good))

    def _build(self, host: str, kernel: KernelName, number: int) -> Going[bool]:
        disk, family = self.disks[host], family_of(kernel)
        if not (self.setting.trees or kernel.tree in disk.trees):
            yield from self._sent(self.out, self.tree_bytes)
            yield from self._works(host, self.drawn("unpack", host, kernel.tree), 1.0)
            disk.trees.add(kernel.tree)
        lacks = family not in disk.families and not self.setting.related
        if lacks and self.setting.share and family in self.known:
            yield from self._sent(self.out, self.drawn("object_bytes", kernel))
            disk.families.add(family)
        whole = lacks and family not in disk.families
        self.whole_builds += whole
        name = "build_whole" if whole else "build_patched"
        cores = self.setting.whole_cores if whole else self.setting.patched_cores
        yield from self._works(host, self.drawn(name, kernel, number), cores)
        disk.families.add(family)
        good = self.dice.chance("broken", kernel) >= self.setting.failures.broken
        if good:
            disk.kernels.add(kernel)
            yield from self._sent(self.into, self.drawn("boot_bytes", kernel))
            if self.setting.share and family not in self.known:
                yield from self._sent(self.into, self.drawn("object_bytes", kernel))
            self.known.add(family)
        return good

    def _boot(self, host: str, cell: CellKey, number: int) -> Going[bool]:
        kernel, disk = kernel_of(cell), self.disks[host]
        if kernel not in disk.kernels:
            yield from self._sent(self.out, self.drawn("boot_bytes", kernel))
            if self.setting.keep:
                disk.kernels.add(kernel)
        name = "boot_again" if self.setting.warm else "boot_first"
        yield from self._works(host, self.drawn(name, cell, number), 1.0)
        size = self.drawn("run_bytes", cell, number)
        yield from self._sent(self.into, size)
        if self.setting.collect and not self.setting.local:
            yield from self._sent(self.out, size)
            yield from self._use(self.unpacking, self.setting.unpack_s)
        return self._passes(cell, number)

    def _passes(self, cell: CellKey, number: int) -> bool:
        fails, chance = self.setting.failures, self.dice.chance
        return not (
            chance("red", cell, cell.suites) < fails.red
            or chance("flaky", cell, cell.suites, number) < fails.flaky
            or chance("infrastructure", cell, cell.suites, number) < fails.infrastructure
        )

    def drawn(self, name: str, *what: object) -> float:
        return self.dice.draw(self.spreads[name], name, *map(repr, what))

    def _works(self, host: str, seconds: float, cores: float) -> Going[None]:
        yield from self._use(self.cores[host], seconds, cores)
        self.cpu_s += seconds * cores
        self.longest_s = max(self.longest_s, seconds)

    def _sent(self, link: Shared, size: float) -> Going[None]:
        if not self.setting.local:
            yield from self._use(link, size / (self.setting.nic_gbit * GBIT))

    def _use(self, shared: Shared, seconds: float, weight: float = 1.0) -> Going[None]:
        use: Use = shared.use(seconds, weight)
        try:
            yield use
        except simpy.Interrupt:
            shared.drop(use)
            raise

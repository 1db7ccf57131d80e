# SPDX-License-Identifier: GPL-2.0-only
"""Where a night on several hosts stands. A kernel is built in one place; the others wait for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.plan.night_queue import Kernels, Queue
from orchestrator.plan.night_schedule import Limits

Step = CellKey | KernelName


@dataclass(frozen=True)
class Host:
    """What a host declares. slots: runs at a time, a core each. kvm: it counts there."""

    name: str
    slots: int
    mem_mib: int
    kvm: bool = False


@dataclass
class AtWork:
    """A host and what it does. holds: kernels whose files are there. families: those of which it
    has objects."""

    host: Host
    running: list[CellKey] = field(default_factory=list)
    building: KernelName | None = None
    holds: set[KernelName] = field(default_factory=set)
    families: set[Hashable] = field(default_factory=set)

    @property
    def load(self) -> int:
        """Slots that are taken."""
        return len(self.running) + (self.building is not None)


@dataclass(frozen=True)
class Place:
    """A step, and the host it goes to."""

    host: str
    step: Step


def family_of(kernel: KernelName) -> tuple[str, str]:
    """Kernels of one family differ by patches: one is made from the objects of another."""
    return kernel.tree, kernel.config


def hosts_for(hosts: Iterable[Host], accel: str) -> tuple[Host, ...]:
    """Those that can run a night with this accelerator: auto, kvm or tcg."""
    return tuple(host for host in hosts if host.kvm or accel != "kvm")


class Farm:
    """Whoever runs a night on several hosts says here what begins and ends.

    wait: a kernel whose family nobody has built yet waits for the one that is being built, rather
    than be built from nothing beside it; for where objects are shared between hosts.
    """

    def __init__(
        self,
        queue: Iterable[CellKey],
        hosts: Iterable[Host],
        machine_mib: Callable[[CellKey], int],
        ready: Collection[KernelName] = (),
        budget_s: float | None = None,
        wait: bool = False,
    ) -> None:
        self.queue = Queue(queue)
        self.ready, self.held = Kernels(ready), Kernels()
        self.machine_mib, self.budget_s, self.wait = machine_mib, budget_s, wait
        self.hosts: dict[str, AtWork] = {}
        self.known: set[Hashable] = {family_of(kernel) for kernel in ready}
        self._kernels: dict[Hashable, list[KernelName]] = {}
        for kernel in dict.fromkeys(map(kernel_of, self.queue)):
            self._kernels.setdefault(family_of(kernel), []).append(kernel)
        self._leads: dict[Hashable, KernelName] = {}
        self._free: dict[str, AtWork] = {}
        self._most_mib = 0
        for host in hosts:
            self.join(host)

    @property
    def busy(self) -> bool:
        """Is anything under way?"""
        return any(at.load for at in self.hosts.values())

    def join(
        self, host: Host, holds: Iterable[KernelName] = (), families: Iterable[Hashable] = ()
    ) -> None:
        """A host comes, or comes back, with what it has; ValueError if it is there."""
        if host.name in self.hosts:
            raise ValueError(f"{host.name} has joined already")
        at = AtWork(host, holds=set(holds), families=set(families))
        self.hosts[host.name] = at
        self._note(at)
        self._most_mib = max(each.host.mem_mib for each in self.hosts.values())

    def leave(self, name: str) -> tuple[Step, ...]:
        """A host is lost, and what ran there will be run elsewhere: that is what is returned."""
        at = self.hosts.pop(name)
        self._free.pop(name, None)
        self._most_mib = max((each.host.mem_mib for each in self.hosts.values()), default=0)
        for cell in reversed(at.running):
            self.queue.insert(0, cell)
        if at.building is None:
            return tuple(at.running)
        self._let_go(at.building)
        return (at.building, *at.running)

    def begin(self, place: Place) -> None:
        """It was told to the host."""
        at = self.hosts[place.host]
        if isinstance(place.step, CellKey):
            self.queue.remove(place.step)
            at.running.append(place.step)
            at.holds.add(kernel_of(place.step))
        else:
            at.building = place.step
            self._hold(place.step)
        self._note(at)

    def booted(self, host: str, cell: CellKey, again: bool = False) -> None:
        """A run ended; again: it is to be tried once more, first of all."""
        at = self.hosts[host]
        at.running.remove(cell)
        if again:
            self.queue.insert(0, cell)
        self._note(at)

    def built(self, host: str, kernel: KernelName) -> None:
        """A kernel is there, for all hosts."""
        at = self.hosts[host]
        at.building = None
        at.holds.add(kernel)
        at.families.add(family_of(kernel))
        self.known.add(family_of(kernel))
        self.ready.add(kernel)
        self._let_go(kernel)
        self._note(at)

    def broken(self, host: str, kernel: KernelName) -> tuple[CellKey, ...]:
        """It cannot be built; its cells are no longer in the queue, and returned."""
        self.hosts[host].building = None
        cells = self.queue.of(kernel)
        for cell in cells:
            self.queue.remove(cell)
        self._let_go(kernel)
        self._note(self.hosts[host])
        return cells

    def free(self) -> Collection[AtWork]:
        """Hosts that have a slot free."""
        return self._free.values()

    def room(self, at: AtWork) -> Limits:
        """What may run there."""
        host = at.host
        alone = host.mem_mib == self._most_mib
        return Limits(host.slots, host.mem_mib, self.machine_mib, self.budget_s, alone)

    def free_mib(self, at: AtWork) -> int:
        """Of a host."""
        return at.host.mem_mib - sum(map(self.machine_mib, at.running))

    def _note(self, at: AtWork) -> None:
        if at.load < at.host.slots:
            self._free[at.host.name] = at
        else:
            self._free.pop(at.host.name, None)

    def _hold(self, kernel: KernelName) -> None:
        family = family_of(kernel)
        self.held.add(kernel)
        if self.wait and family not in self.known and family not in self._leads:
            self._leads[family] = kernel
            self.held.update(self._kernels.get(family, ()))

    def _let_go(self, kernel: KernelName) -> None:
        family = family_of(kernel)
        self.held.discard(kernel)
        if self._leads.get(family) == kernel:
            del self._leads[family]
            for other in self._kernels[family]:
                self.held.discard(other)

# SPDX-License-Identifier: GPL-2.0-only
"""A night on many hosts, simulated: what is decided is decided by sim_place.py.

The scheduler does one thing at a time: it hears that a step ended, or decides on the next one. A
step is a process that takes its share of its host's cores and of the store's network, and tells
the scheduler of its end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import sim_failures
import simpy
from sim_cells import Workload, machine_mib
from sim_hosts import Farm, Host, Place
from sim_ledger import Ledger
from sim_place import next_place
from sim_setting import TRIES, Setting
from sim_steps import Ended, Going, Steps
from sim_times import Times

from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName
from orchestrator.plan.night_times import Expected

Rule = Callable[[Farm, Expected, float], Place | None]


class World:
    """One night. watch: called whenever nothing more can be begun. spent: seconds the scheduler
    was busy, by what. gone: hosts that do nothing, whether the scheduler knows it or not."""

    def __init__(
        self,
        load: Workload,
        setting: Setting,
        times: Times,
        rule: Rule = next_place,
        watch: Callable[[Farm], None] = lambda _farm: None,
    ) -> None:
        self.env = simpy.Environment()
        self.load, self.setting, self.rule, self.watch = load, setting, rule, watch
        names = [f"h{number}" for number in range(setting.hosts)]
        self.all_hosts = {name: Host(name, setting.slots, setting.mem_mib) for name in names}
        ready = load.kernels if setting.built else ()
        self.ledger = Ledger(load.cells, ready)
        self.farm = Farm(
            load.cells,
            self.all_hosts.values(),
            machine_mib,
            ready,
            wait=setting.share and not setting.related,
        )
        self.steps = Steps(self.env, setting, times, names, self._heard_end)
        self.spent = {"rule": 0.0, "tasks": 0.0, "history": 0.0}
        self.history = simpy.Resource(self.env)
        self.gone: set[str] = set()
        self.first_boot_s = self.last_build_s = 0.0
        self._running: dict[Place, simpy.Process] = {}
        self._inbox: deque[tuple[str, str] | Ended] = deque()
        self._bell = self.env.event()

    def run(self) -> World:
        """To the end of the night."""
        main = self.env.process(self._schedule())
        sim_failures.start(self)
        self.env.run(main)
        self.ledger.closed()
        return self

    def tell(self, what: str, host: str) -> None:
        """The scheduler hears that a host is lost, or has joined."""
        self._hear_soon((what, host))

    def kill(self, host: str) -> None:
        """All that runs there ends, unheard."""
        self.gone.add(host)
        for place in [place for place in self._running if place.host == host]:
            process = self._running.pop(place)
            if process.is_alive:
                process.interrupt()

    def _heard_end(self, end: Ended) -> None:
        self._hear_soon(end)

    def _hear_soon(self, message: tuple[str, str] | Ended) -> None:
        self._inbox.append(message)
        if not self._bell.triggered:
            self._bell.succeed()

    def _schedule(self) -> Going[None]:
        while not self.ledger.all_done:
            if self._inbox:
                yield from self._hear(self._inbox.popleft())
                continue
            place = self.rule(self.farm, self.load.times, self.env.now)
            if place:
                yield from self._begin(place)
                continue
            self.watch(self.farm)
            self._bell = self.env.event()
            yield self._bell
        with self.history.request() as turn:
            yield turn  # the night ends when its last attempt is in the history

    def _begin(self, place: Place) -> Going[None]:
        self.ledger.began(place, self.farm.room(self.farm.hosts[place.host]))
        self.farm.begin(place)
        yield from self._takes("rule", self.setting.rule_s)
        yield from self._takes("tasks", self.setting.task_s)
        if place.host not in self.gone:  # else it is lost, which will be heard
            self._running[place] = self.env.process(self.steps.run(place))

    def _takes(self, what: str, seconds: float) -> Going[None]:
        self.spent[what] += seconds
        if seconds:
            yield self.env.timeout(seconds)

    def _hear(self, message: tuple[str, str] | Ended) -> Going[None]:
        yield from self._takes("tasks", self.setting.task_s)
        if isinstance(message, Ended):
            if message.place in self._running:
                del self._running[message.place]
                yield from self._end(message.place, message.good)
            return
        what, host = message
        if what == "lost":
            self.ledger.lost(host, self.farm.leave(host))
        else:
            self.gone.discard(host)
            disk = self.steps.disks[host]
            self.farm.join(self.all_hosts[host], disk.kernels, disk.families)

    def _end(self, place: Place, good: bool) -> Going[None]:
        host, step = place.host, place.step
        if isinstance(step, KernelName):
            self.last_build_s = self.env.now
            dropped: tuple[CellKey, ...] = ()
            if good:
                self.farm.built(host, step)
            else:
                dropped = self.farm.broken(host, step)
            self.ledger.built(host, step, good, dropped)
            for _ in dropped:
                yield from self._write()
            return
        self.first_boot_s = self.first_boot_s or self.env.now
        again = not good and self.ledger.tries[step] + 1 < TRIES
        self.farm.booted(host, step, again)
        self.ledger.booted(host, step, again)
        yield from self._write()

    def _write(self) -> Going[None]:
        if self.setting.inline:
            yield from self._takes("history", self.setting.write_s)
        else:
            self.env.process(self._writes())

    def _writes(self) -> Going[None]:
        with self.history.request() as turn:
            yield turn
            self.spent["history"] += self.setting.write_s
            yield self.env.timeout(self.setting.write_s)

# SPDX-License-Identifier: GPL-2.0-only
"""Which nights are simulated, and what is kept of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from sim_cells import workload
from sim_setting import NEVER, Failures, Setting
from sim_times import Times, load
from sim_world import World

HOSTS = (1, 2, 5, 10, 20, 50, 100, 200, 400)
BOOTS = 4  # of a kernel: on four topologies
MANY_BOOTS = 32


@dataclass(frozen=True)
class Case:
    """One night. group: the table it belongs to. name: its line or curve there."""

    group: str
    name: str
    cells: int
    setting: Setting
    boots: int = BOOTS


@dataclass(frozen=True)
class Ran:
    """What came of it. ideal_s: its work on all cores, if nothing were in the way. cpu_s: core
    seconds. busy: seconds, by what is shared by all hosts."""

    case: Case
    cells: int
    kernels: int
    took_s: float
    cpu_s: float
    ideal_s: float
    busy: dict[str, float]
    attempts: int
    builds: int
    whole: int
    lost: int

    @property
    def efficiency(self) -> float:
        return self.ideal_s / self.took_s

    def saturated_at(self, what: str) -> float:
        """Hosts for which this has no time left, if they had nothing to wait for: the seconds a
        host works for each second of it."""
        host_s = self.cpu_s / self.case.setting.cores
        return host_s / self.busy[what] if self.busy[what] else float("inf")


def as_it_is(times: Times, hosts: int, seed: int) -> Setting:
    """The product: one thread decides, hears, and writes the history; every run's directory comes
    to the night's machine; kernels alone are sent, never objects. A night like any other: hosts
    have sources and objects of the nights before."""
    return Setting(
        hosts=hosts,
        seed=seed,
        trees=True,
        related=True,
        rule_s=times.number("next_place"),
        task_s=times.number("dask"),
        write_s=1 / times.number("postgresql_one"),
        unpack_s=times.number("unpack_run"),
    )


def mended(times: Times, setting: Setting) -> Iterator[tuple[str, Setting]]:
    """What is in the way is taken out of it, one after the other."""
    yield "as it is", setting
    setting = replace(setting, store_gbit=10.0)
    yield "store with 10 Gbit/s", setting
    setting = replace(setting, collect=False)
    yield "run directories stay in the store", setting
    setting = replace(setting, inline=False, write_s=1 / times.number("postgresql_batch"))
    yield "history by a thread of its own, 20 at a time", setting
    yield (
        "nothing shared costs anything",
        replace(setting, rule_s=0, task_s=0, write_s=0, store_gbit=1000.0),
    )


def cases(times: Times, cells: int, hosts: int, seed: int) -> Iterator[Case]:
    """All of them; cells, hosts: around which."""
    plain = as_it_is(times, hosts, seed)
    for count in sorted({*HOSTS, hosts}):
        some = replace(plain, hosts=count)
        best = [*mended(times, some)][3][1]
        new = replace(some, trees=False, related=False)
        yield Case("hosts", "as it is", cells, some)
        yield Case("hosts", "mended", cells, best)
        if count >= 10:
            yield Case("hosts", "new hosts", cells, new)
            shared = replace(new, share=True, store_gbit=10.0)
            yield Case("hosts", "new hosts, objects shared, 10 Gbit/s", cells, shared)
    for name, setting in mended(times, plain):
        yield Case("mended", name, cells, setting)
    for name, setting in mended(times, replace(plain, hosts=2 * hosts)):
        yield Case("mended twice", name, cells, setting)
    for count in (1000, cells, 5 * cells):
        yield Case("cells", "as it is", count, plain)
        yield Case("cells", "mended", count, [*mended(times, plain)][3][1])
    yield from _others(times, plain, cells)


def _others(times: Times, plain: Setting, cells: int) -> Iterator[Case]:
    none = replace(plain, keep=False)
    yield Case("other", "kernels are not kept by hosts", cells, none)
    yield Case("other", "the same, 10 Gbit/s", cells, replace(none, store_gbit=10.0))
    yield Case("other", f"{MANY_BOOTS} boots of each kernel", cells, plain, MANY_BOOTS)
    sqlite = replace(plain, write_s=1 / times.number("sqlite_one"))
    yield Case("other", "history in SQLite", cells, sqlite)
    best = [*mended(times, plain)][3][1]
    yield Case("failures", "nothing fails", cells, replace(best, failures=NEVER))
    yield Case("failures", "as stated", cells, best)
    often = Failures(100.0, 300.0, 600.0, 20.0, 10.0, 10.0, 30.0, 0.05, 0.03, 0.05, 0.05)
    yield Case("failures", "hosts, workers, scheduler ten times as often, red five times", cells,
               replace(best, failures=replace(often, red=0.15)))  # fmt: skip


def run(case: Case) -> Ran:
    """One night."""
    times = load()
    spreads = times.spreads
    work = workload(
        case.cells, case.boots, spreads["boot_first"].median, spreads["build_patched"].median
    )
    world = World(work, case.setting, times).run()
    steps, spent = world.steps, world.spent
    central = spent["rule"] + spent["tasks"]
    busy = {
        "scheduler": central + (spent["history"] if case.setting.inline else 0.0),
        "history": spent["history"],
        "unpacking": steps.unpacking.busy_s,
        "store, out": steps.out.busy_s,
        "store, in": steps.into.busy_s,
    }
    ideal_s = steps.cpu_s / (case.setting.hosts * case.setting.cores)
    return Ran(case, len(work.cells), len(work.kernels), world.env.now, steps.cpu_s, ideal_s, busy,
               world.ledger.tries.total(), world.ledger.builds, steps.whole_builds,
               world.ledger.lost_steps)  # fmt: skip


def sweep(wanted: Sequence[Case]) -> list[Ran]:
    """In their order; each is run once, however often it is wanted."""
    once = list(dict.fromkeys(replace(case, group="", name="") for case in wanted))
    done: dict[Case, Ran] = {}
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for number, ran in enumerate(pool.map(run, once), 1):
            done[ran.case] = ran
            print(f"\r{number}/{len(once)} nights", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [replace(done[replace(case, group="", name="")], case=case) for case in wanted]

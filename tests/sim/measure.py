# SPDX-License-Identifier: GPL-2.0-only
"""What the central parts of a night take: a step of the rule, the histories' writes.

    PYTHONPATH=. python tests/sim/measure.py

Writes the numbers into stage_times.json. PostgreSQL is started for it, where it is installed. Where
the machine is shared, disks are slow for a while: of rates, the best of all calls stands.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "edge" / "history"))

import postgres
from sim_cells import machine_mib, workload
from sim_hosts import Farm, Host
from sim_place import next_place
from sim_times import FILE

from orchestrator.edge.history.history import open_history
from orchestrator.model.night import Attempt, CaseRow, CaseStatus, CellKey, Night
from orchestrator.model.night_run import KernelName
from orchestrator.model.verdict import Verdict
from orchestrator.plan.night_schedule import Board, Limits, next_step

CELLS, HOSTS, STEPS = 10_000, 200, 4000
CASES = 114  # of a run of all suites
ATTEMPTS, TOGETHER = 120, 20  # told one by one, and so many at once
RATE = "attempts a second"
ROUNDS = 5  # the best counts: others use the machine too


def one_host_s() -> float:
    """A call of next_step() with 10,000 cells in the queue, and what goes with it."""
    load = workload(CELLS, 4, 4.0, 60.0)
    board = Board(list(load.cells))
    limits = Limits(2, 24_000, machine_mib)
    took = []
    for _ in range(STEPS):
        start = time.process_time()
        step = next_step(board, limits, load.times, 0.0)
        if isinstance(step, CellKey):
            board.queue.remove(step)
            board.running.append(step)
        elif isinstance(step, KernelName):
            board.building = step
        elif board.building:
            board.ready.add(board.building)
            board.building = None
        else:
            board.running.clear()
        took.append(time.process_time() - start)
    return statistics.mean(took[1:])  # the first makes the index


def farm_s() -> float:
    """next_place() and begin(), with 10,000 cells and 200 hosts, one of which gets free."""
    load = workload(CELLS, 4, 4.0, 60.0)
    hosts = [Host(f"h{n}", 2, 24_000) for n in range(HOSTS)]
    farm = Farm(load.cells, hosts, machine_mib)
    took, number = [], 0
    for _ in range(STEPS):
        start = time.process_time()
        place = next_place(farm, load.times, 0.0)
        if place:
            farm.begin(place)
        took.append(time.process_time() - start)
        if place is None:
            at = farm.hosts[f"h{number % HOSTS}"]
            number += 1
            if at.building:
                farm.built(at.host.name, at.building)
            for cell in tuple(at.running):
                farm.booted(at.host.name, cell)
    return statistics.mean(took[HOSTS:])


def attempt(number: int) -> Attempt:
    """A run of all suites, as a night tells of it."""
    cell = CellKey("stable", f"p{number % 400}", "numa", f"numa{number % 4}")
    cases = tuple(CaseRow(f"orch_s{n % 24}.case{n}", CaseStatus.PASS, 0.01) for n in range(CASES))
    return Attempt(str(uuid.uuid4()), cell, 1, "2026-11-25T22:00:00+00:00", Verdict.PASS, None,
                   "7.3.4", "k", "host", "runs/x", 4.0, None, 3.0, "", cases)  # fmt: skip


def put(url: str, first: int, size: int, times: int) -> None:
    """So many times so many attempts, as one process of several does."""
    with open_history(url) as history:
        for number in range(times):
            rows = [attempt(first + number * size + n) for n in range(size)]
            history.put_attempts("N", rows)


def rates(url: str) -> dict[str, float]:
    """Attempts a second: by one writer, by four processes, and by one that tells of many at once.
    Cells and cases are there already, as on all nights but the first."""
    with open_history(url) as history:
        history.put_night(Night("N", "m", "2026-11-25T22:00:00+00:00", "", ()))
        history.put_attempts("N", [attempt(number) for number in range(400)])
    found = {}
    for name, size, writers in (("one", 1, 1), ("four", 1, 4), ("batch", TOGETHER, 1)):
        times = ATTEMPTS // size // writers
        with ProcessPoolExecutor(writers, multiprocessing.get_context("spawn")) as pool:
            took = []
            for rounds in (0, *[times] * ROUNDS):
                start_s = time.perf_counter()
                list(pool.map(put, [url] * writers, range(writers), [size] * writers,
                              [rounds] * writers))  # fmt: skip
                took.append(time.perf_counter() - start_s)
            found[name] = ATTEMPTS / min(took[1:])
    return found


@contextlib.contextmanager
def synced() -> Iterator[str]:
    """A PostgreSQL database that waits for the disk, as a real one does."""
    with postgres.server() as server:
        server.sql("ALTER SYSTEM SET fsync = on")
        server.sql("SELECT pg_reload_conf()")
        time.sleep(0.5)
        yield server.new_database()


def main() -> int:
    found: dict[str, Any] = {}

    written = json.loads(FILE.read_text(encoding="utf-8"))

    def note(name: str, value: float, source: str) -> None:
        if source.startswith(RATE):
            value = max(value, written["numbers"].get(name, {"value": 0})["value"])
        found[name] = {"value": round(value, 7), "from": source}
        print(f"{name}: {value:.6g} ({source})", flush=True)

    note("next_step", one_host_s(), f"seconds a step, {CELLS} cells, one host")
    note("next_place", farm_s(), f"seconds a step, {CELLS} cells, {HOSTS} hosts")
    note("dask", 0.001, "seconds a task, as distributed.dask.org says")
    with tempfile.TemporaryDirectory() as folder:
        for name, rate in rates(f"sqlite:///{folder}/history.db").items():
            note(f"sqlite_{name}", rate, RATE)
    if postgres.installed():
        with synced() as url:
            for name, rate in rates(url).items():
                note(f"postgresql_{name}", rate, f"{RATE}, with fsync")
    written["numbers"] |= found
    FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

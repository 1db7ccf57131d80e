# SPDX-License-Identifier: GPL-2.0-only
"""Histories to make dashboards of: as large as asked, the same each time, with all that happens."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass

from msgspec.structs import replace

from orchestrator.edge.history.history import History
from orchestrator.model.night import (
    Attempt,
    CaseRow,
    CaseStatus,
    CellKey,
    Night,
    SignatureRow,
)
from orchestrator.model.verdict import Fault, Verdict

LAST = datetime.datetime(2026, 11, 24, 22, tzinfo=datetime.UTC)
SUITES = ("bind", "cancel", "create", "flush", "freezer", "hotplug", "park", "placement",
          "stop", "worker")  # fmt: skip
CASES = ("node_honoured", "is_idempotent", "survives_a_lost_wake_up", "order_is_kept",
         "refuses_after_stop", "on_a_node_without_memory")  # fmt: skip
CRASH = SignatureRow("4fd1c02b77a9", "WARNING in kthread_bind_mask at kernel/kthread.c:583")
STALL = SignatureRow("91c3a7702be1", "BUG: workqueue lockup in kthread_worker_fn")


@dataclass(frozen=True)
class Shape:
    """How much of everything. runs_in: where run directories would lie ("" for nowhere)."""

    nights: int = 30
    trees: tuple[str, ...] = ("mainline", "next")
    patches: tuple[str, ...] = ("", "numa-aware")
    configs: tuple[str, ...] = ("numa", "kasan")
    topologies: tuple[str, ...] = ("numa2", "numa4", "memoryless")
    tests: int = 24
    matrix: str = "kthread-nightly"
    runs_in: str = ""
    suffix: str = ""  # of the names of tests
    seed: int = 7

    @property
    def cells(self) -> tuple[CellKey, ...]:
        """All combinations."""
        return tuple(
            CellKey(tree, patch, config, topology)
            for tree in self.trees
            for patch in self.patches
            for config in self.configs
            for topology in self.topologies
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the tests."""
        every = [
            f"orch_{suite}{self.suffix}.{case}{self.suffix}" for case in CASES for suite in SUITES
        ]
        return tuple(every[: self.tests])


def moment(shape: Shape, night: int, minute: float = 0) -> str:
    """When something of a night happened; the last night's is the same for all shapes."""
    when = (
        LAST
        - datetime.timedelta(days=shape.nights - 1 - night)
        + datetime.timedelta(minutes=minute)
    )
    return when.isoformat(timespec="seconds")


def fill(history: History, shape: Shape) -> None:
    """All nights, written down."""
    rng = random.Random(shape.seed)
    for number in range(shape.nights):
        night, attempts = made_night(shape, number, rng)
        history.put_night(night)
        history.put_attempts(night.id, attempts)


def made_night(shape: Shape, number: int, rng: random.Random) -> tuple[Night, tuple[Attempt, ...]]:
    """One night and its attempts."""
    last = number == shape.nights - 1
    cells = shape.cells
    not_run = tuple(c for n, c in enumerate(cells) if (last and n == 1) or rng.random() < 0.01)
    attempts: list[Attempt] = []
    for place, cell in enumerate(cells):
        if cell in not_run:
            continue
        first = _attempt(shape, number, place, cell, rng)
        attempts.append(first)
        if first.verdict is not Verdict.PASS and rng.random() < 0.5:
            passed = tuple(
                replace(case, status=CaseStatus.PASS)
                if case.status is not CaseStatus.SKIP
                else case
                for case in first.cases
            )
            again = replace(first, id=f"{first.id}-again", number=2, verdict=Verdict.PASS,
                            fault=None, headline="", cases=passed, signatures=())  # fmt: skip
            attempts.append(again)
    night = Night(f"night-{shape.matrix}-{number}", shape.matrix, moment(shape, number),
                  moment(shape, number, 41), cells, not_run)  # fmt: skip
    return night, tuple(attempts)


def _attempt(shape: Shape, number: int, place: int, cell: CellKey, rng: random.Random) -> Attempt:
    broken = cell.patch and place % 5 == 3 and number > shape.nights * 0.8
    crashed = not broken and rng.random() < 0.004
    cases = tuple(_case(shape, name, number, place, broken, crashed, rng) for name in shape.names)
    failed = [case.name for case in cases if case.status is CaseStatus.FAIL]
    host = not failed and rng.random() < 0.004
    verdict, headline = Verdict.PASS, ""
    if host:
        verdict, headline = Verdict.INFRASTRUCTURE, "the host stood still for 40 s"
        cases = ()
    elif crashed:
        verdict, headline = Verdict.CRASH, CRASH.title
    elif failed:
        verdict, headline = Verdict.FAIL, f"{failed[0]} failed"
    slow = 1.5 if place == 2 and number > shape.nights - 3 else 1.0
    return Attempt(
        id=f"{shape.matrix}-{number}-{place}",
        cell=cell,
        number=1,
        started_at=moment(shape, number, 1 + place),
        verdict=verdict,
        fault=Fault.OURS if host else None if verdict is Verdict.PASS else Fault.KERNEL,
        kernel_release=f"7.3.{number // 7}",
        tree_key=f"k{number}",
        host=f"farm{place % 3}",
        run_dir=f"{shape.runs_in}/{number}-{place}" if shape.runs_in else "",
        wall_s=round(rng.gauss(6.1, 0.35) * slow, 3),
        build_s=round(rng.gauss(42, 4), 3) if cell.topology == shape.topologies[0] else None,
        boot_s=round(rng.gauss(2.4, 0.12) * slow, 3),
        headline=headline,
        cases=cases,
        signatures=(CRASH,) if crashed else (STALL,) if broken and number % 3 == 0 else (),
        titles=(headline,) if headline else (),
    )


def _case(
    shape: Shape, name: str, number: int, place: int, broken: object, crashed: bool,
    rng: random.Random,
) -> CaseRow:  # fmt: skip
    nth = shape.names.index(name)
    status = CaseStatus.PASS
    if crashed and nth > len(shape.names) // 2:
        status = CaseStatus.NONE
    elif (broken and nth % 11 == 4) or (nth == 7 and rng.random() < 0.06) or rng.random() < 0.0008:
        status = CaseStatus.FAIL
    elif nth % 9 == 5 and place % 3 == 2:
        status = CaseStatus.SKIP
    return CaseRow(name, status, round(abs(rng.gauss(0.08, 0.01)), 4))

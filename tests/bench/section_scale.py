# SPDX-License-Identifier: GPL-2.0-only
"""From 1 to 64 nodes and from 1 to 64 vCPUs: how long to init, how long the suites."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_commands import BOOT, Bench, document, run
from bench_machines import SIZES, Machine, of_cpus, of_nodes
from figures import Curve, Point, Section

QUICK_SIZES = (1, 4, 16)
MOST_RUNS = 3  # of each size: the largest take minutes
TOO_FAST = 1.2  # the guest's seconds in one of ours
EXIT_CODES = (0, 1, 3)  # whatever the verdict, the time is one


@dataclass(frozen=True)
class Taken:
    """One run. boot_s: QEMU's start to init; suites_s: from there to QEMU's end; both by our clock.
    guest_s: all suites, by the guest's."""

    boot_s: float
    suites_s: float
    wall_s: float
    guest_s: float
    verdict: str
    findings: tuple[str, ...]


def measure(bench: Bench) -> Section:
    """Every size once, then all again, so that a drift of the machine reaches all of them."""
    host_mib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    sizes = QUICK_SIZES if bench.quick else SIZES
    asked = [make(size, host_mib) for make in (of_nodes, of_cpus) for size in sizes]
    machines = [machine for machine in asked if machine]
    taken: dict[Machine, list[Taken]] = defaultdict(list)
    for _ in range(1 if bench.quick else min(bench.runs, MOST_RUNS)):
        for machine in machines:
            taken[machine].append(_boot(bench.folder, machine))
    kinds = dict.fromkeys(machine.kind for machine in machines)
    left_out = len(asked) - len(machines)
    return Section(
        "scale",
        "Scale",
        "Machines of that many nodes with one vCPU each, and of one node with that many vCPUs. "
        "Boot is from QEMU's start to init's first word, suites from there to QEMU's end, QEMU "
        "both together, by the host's clock.",
        curves=tuple(curve for kind in kinds for curve in _curves(kind, taken)),
        notes=(
            *_verdicts(taken),
            *_clocks(taken),
            *([f"{left_out} sizes need more memory than half the host's"] if left_out else []),
        ),
    )


def _boot(folder: Path, machine: Machine) -> Taken:
    run_dir = folder / f"run-{machine.name}"
    argv = (*BOOT, "--cold", "--topology", str(machine.write(folder)))
    run((*argv, "--run-dir", str(run_dir)), ok=EXIT_CODES)
    found = taken_from(document(run_dir))
    shutil.rmtree(run_dir)
    return found


def taken_from(run: dict[str, Any]) -> Taken:
    """What run.json says of the times."""
    outcome = run["outcome"] or {}
    boot_s = float(outcome.get("boot_s") or 0.0)
    wall_s = float(outcome.get("wall_s") or 0.0)
    return Taken(
        boot_s=boot_s,
        suites_s=wall_s - boot_s,
        wall_s=wall_s,
        guest_s=sum(suite["guest_s"] or 0.0 for suite in run["suites"]),
        verdict=str(run["verdict"]),
        findings=tuple(finding["title"] for finding in run["findings"]),
    )


def _curves(kind: str, taken: dict[Machine, list[Taken]]) -> tuple[Curve, ...]:
    ours = {machine.size: runs for machine, runs in taken.items() if machine.kind == kind}

    def curve(name: str, field: str) -> Curve:
        values = ((size, tuple(getattr(one, field) for one in runs)) for size, runs in ours.items())
        return Curve(name, kind, tuple(Point(size, each) for size, each in values))

    return curve("boot", "boot_s"), curve("suites", "suites_s"), curve("QEMU", "wall_s")


def _verdicts(taken: dict[Machine, list[Taken]]) -> list[str]:
    """Which did not pass, and why; or that all did."""
    notes = []
    for machine, runs in taken.items():
        bad = [one for one in runs if one.verdict != "pass"]
        if bad:
            why = "; ".join(dict.fromkeys(title for one in bad for title in one.findings[:2]))
            words = ", ".join(dict.fromkeys(one.verdict for one in bad))
            size = f"{machine.size} {machine.kind}"
            notes.append(f"{size}: {len(bad)} of {len(runs)} did not pass ({words}: {why})")
    count = sum(map(len, taken.values()))
    return notes or [f"all {count} runs passed"]


def _clocks(taken: dict[Machine, list[Taken]]) -> list[str]:
    """Guests whose clock was wrong: under load, the kernel may measure its TSC wrongly."""
    notes = []
    for machine, runs in taken.items():
        most = max(one.guest_s / one.suites_s if one.suites_s else 0.0 for one in runs)
        if most > TOO_FAST:
            size = f"{machine.size} {machine.kind}"
            notes.append(f"{size}: the guest's clock ran {most:.1f} times too fast")
    return notes

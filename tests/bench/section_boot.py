# SPDX-License-Identifier: GPL-2.0-only
"""Warm boots: the whole command against QEMU alone, by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from bench_commands import BOOT, TOPOLOGIES, Bench, document, interleaved, run, timed
from figures import Ratio, Section, Series

LIMIT = 1.3  # of the whole command over the best QEMU alone
SUITE = "create"
FORKED = "QEMU from the state"
ALONE = "QEMU from the start"


def measure(bench: Bench) -> Section:
    """Every topology with all suites, and one with a single suite."""
    names = ("numa2",) if bench.quick else TOPOLOGIES
    series: list[Series] = []
    ratios: list[Ratio] = []
    for name in names:
        _compare(bench, name, ("--topology", name), series, ratios)
    _compare(bench, f"numa4, {SUITE} alone", ("--topology", "numa4", "--suite", SUITE),
             series, ratios)  # fmt: skip
    words = (
        "Whole commands, kernel and module in the store, against QEMU alone: for --cold, the "
        "replay script of the same machine; for the plain command, which goes on from a kept "
        "state, the time QEMU ran in another such command, by its run.json."
    )
    return Section("boot", "Warm boots", words, tuple(series), tuple(ratios))


def _compare(
    bench: Bench, name: str, options: tuple[str, ...], series: list[Series], ratios: list[Ratio]
) -> None:
    took = interleaved(bench.runs, _sides(bench.folder / name.replace(" ", ""), options))
    series += [Series(f"{name}, {side}", values) for side, values in took.items()]
    ratios.append(Ratio(f"{name}, boot / {FORKED}", took["boot"], took[FORKED], LIMIT))
    ratios.append(Ratio(f"{name}, boot --cold / {ALONE}", took["boot --cold"], took[ALONE], LIMIT))
    ratios.append(Ratio(f"{name}, boot --cold / boot", took["boot --cold"], took["boot"]))


def _sides(folder: Path, options: tuple[str, ...]) -> dict[str, Callable[[], float]]:
    """The whole command and QEMU alone, from the start and from a kept state."""
    command = (*BOOT, *options)
    run((*command, "--cold", "--run-dir", str(folder)))
    run(command)  # makes the state, if there is none yet
    return {
        "boot": timed(command),
        FORKED: _qemu_alone(folder, command),
        "boot --cold": timed((*command, "--cold")),
        ALONE: timed([str(folder / "replay.sh")]),
    }


def _qemu_alone(folder: Path, command: tuple[str, ...]) -> Callable[[], float]:
    """The part of a command in which QEMU ran."""
    numbers = itertools.count()

    def part() -> float:
        run_dir = folder.with_name(f"{folder.name}-{next(numbers)}")
        run((*command, "--run-dir", str(run_dir)))
        return float(document(run_dir)["outcome"]["wall_s"])

    return part

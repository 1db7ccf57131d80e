# SPDX-License-Identifier: GPL-2.0-only
"""Warm boots: the whole command against QEMU alone, by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench_commands import (
    BOOT,
    TOPOLOGIES,
    Bench,
    cold_option,
    interleaved,
    keeps_states,
    run,
    timed,
)
from figures import Ratio, Section, Series, spread

LIMIT = 1.3  # of the whole command over the best QEMU alone
SUITE = "create"


def measure(bench: Bench) -> Section:
    """Every topology with all suites, and one with a single suite."""
    names = ("numa2",) if bench.quick else TOPOLOGIES
    series: list[Series] = []
    ratios: list[Ratio] = []
    for name in names:
        _compare(bench, name, ("--topology", name), series, ratios)
    _compare(bench, f"numa4, {SUITE} alone", ("--topology", "numa4", "--suite", SUITE),
             series, ratios)  # fmt: skip
    kept = (
        "Whole commands, kernel and module in the store, against the replay script of the same "
        "run, which is QEMU alone. "
    )
    kept += (
        "The plain command goes on from a kept state, --cold boots."
        if keeps_states()
        else "This version keeps no states of booted guests: every run boots."
    )
    return Section("boot", "Warm boots", kept, tuple(series), tuple(ratios))


def _compare(
    bench: Bench, name: str, options: tuple[str, ...], series: list[Series], ratios: list[Ratio]
) -> None:
    took = interleaved(bench.runs, _sides(bench.folder / name.replace(" ", ""), options))
    series += [Series(f"{name}, {side}", values) for side, values in took.items()]
    raw = min((side for side in took if side.startswith("QEMU")), key=lambda s: _median(took, s))
    ratios.append(Ratio(f"{name}, boot / best {raw}", took["boot"], took[raw], LIMIT))
    if "boot --cold" in took:
        ratios.append(Ratio(f"{name}, boot --cold / boot", took["boot --cold"], took["boot"]))


def _sides(folder: Path, options: tuple[str, ...]) -> dict[str, Callable[[], float]]:
    """The whole command and QEMU alone; twice, where a run may go on from a kept state."""
    cold, kept = folder.with_name(f"{folder.name}-cold"), folder
    command = (*BOOT, *options)
    run((*command, *cold_option(), "--run-dir", str(cold)))
    sides = {"boot": timed(command), "QEMU": timed([str(cold / "replay.sh")])}
    if keeps_states():
        run((*command, "--run-dir", str(kept)))  # makes the state, if there is none yet
        sides["boot --cold"] = timed((*command, *cold_option()))
        script = kept / "replay.sh"
        if "-incoming" in script.read_text():
            sides["QEMU from the state"] = timed([str(script)])
    return sides


def _median(took: dict[str, tuple[float, ...]], side: str) -> float:
    return spread(took[side]).median

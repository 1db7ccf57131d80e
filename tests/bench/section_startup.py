# SPDX-License-Identifier: GPL-2.0-only
"""What our own code costs: --help, imports, and a boot over its QEMU."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable

from bench_commands import BOOT, ORCHESTRATE, Bench, document, interleaved, run, timed
from figures import Section, Series

HELP_S = 0.150
OVER_QEMU_S = 0.250
IMPORTS = "import orchestrator.cli.boot, orchestrator.cli.show, orchestrator.workflow.boot"


def measure(bench: Bench) -> Section:
    took = interleaved(bench.runs, _sides(bench))
    limits = {"--help": HELP_S, "boot over its QEMU": OVER_QEMU_S}
    return Section(
        "startup",
        "Start-up and overhead",
        "Whole processes; a boot over its QEMU is the whole command less the time QEMU ran, "
        "by run.json, with one suite and with all.",
        tuple(Series(name, values, limit=limits.get(name)) for name, values in took.items()),
    )


def _sides(bench: Bench) -> dict[str, Callable[[], float]]:
    return {
        "python -c pass": timed([sys.executable, "-c", "pass"]),
        "--help": timed([str(ORCHESTRATE), "--help"]),
        "boot --help": timed([*BOOT[:2], "--help"]),
        "all imports of a boot": timed([sys.executable, "-c", IMPORTS]),
        "boot over its QEMU": _over_qemu(bench, "all"),
        "boot over its QEMU, one suite": _over_qemu(bench, "one", "--suite", "create"),
    }


def _over_qemu(bench: Bench, name: str, *options: str) -> Callable[[], float]:
    numbers = itertools.count()

    def over() -> float:
        run_dir = bench.folder / f"over-{name}-{next(numbers)}"
        whole_s, _ = run((*BOOT, "--topology", "numa2", *options, "--run-dir", str(run_dir)))
        return whole_s - float(document(run_dir)["outcome"]["wall_s"])

    return over

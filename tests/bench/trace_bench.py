# SPDX-License-Identifier: GPL-2.0-only
"""How fast traces and KTAP are read, beside trace-cmd and the kernel's own KTAP parser.

    .venv/bin/python tests/bench/trace_bench.py [--events N] [--runs N] [--tree TREE]

All of a comparison run in turn in one go, CPU time is taken, of one core, and the ratio run by
run, so that a busy machine spoils the figures least. trace-cmd is left out where it is not
installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "corpus"), str(HERE.parent / "unit" / "parse")]

import ktap_logs  # noqa: E402
import ktap_score  # noqa: E402
import trace_dat  # noqa: E402

from orchestrator.parse.ftrace import TraceReader  # noqa: E402
from orchestrator.parse.ktap import parse_ktap  # noqa: E402
from orchestrator.parse.ktap_kernel import read_as_kernel  # noqa: E402

ORCHESTRATE = Path(sys.executable).with_name("orchestrate")
Job = tuple[str, Callable[[], None]]


def rows(events: int, runs: int, tree: Path | None) -> list[str]:
    """Lines of a table: what, how many a second, and how that compares with the first."""
    with tempfile.TemporaryDirectory(prefix="orchestrate-bench-") as name:
        return [
            *_table("events", events, runs, trace_jobs(Path(name), events)),
            *ktap_rows(runs, tree),
        ]


def trace_jobs(folder: Path, events: int) -> list[Job]:
    text, dat = folder / "trace.txt", folder / "trace.dat"
    trace_dat.write_text(text, events)
    trace_dat.write_dat(dat, events)
    lines = text.read_text().splitlines()

    def parse() -> None:
        found = sum(1 for event in TraceReader().events(lines) if event.fields)
        assert found == events, found

    jobs: list[Job] = [
        ("trace: events with fields, one process", parse),
        ("orchestrate parse trace --json-lines", _command(str(ORCHESTRATE), "parse", "trace",
                                                          "--json-lines", str(text))),
    ]  # fmt: skip
    if shutil.which("trace-cmd"):
        jobs.append(
            ("trace-cmd report, binary to text", _command("trace-cmd", "report", "-i", str(dat)))
        )
    return jobs


def ktap_rows(runs: int, tree: Path | None) -> list[str]:
    random = Random(1)
    suites = [suite for _ in range(400) for suite in ktap_logs.tree(random)]
    lines = ktap_logs.sound(random, tuple(suites))
    jobs: list[Job] = [
        ("KTAP: counted as the kernel does", lambda: _use(read_as_kernel(lines))),
        ("KTAP: strict reading", lambda: _use(parse_ktap(lines))),
    ]
    if tree is not None:
        kernel = ktap_score.Kernel(tree)
        jobs.append(("KTAP: the kernel's kunit_parser", lambda: _use(kernel.counts(lines))))
    return _table("lines", len(lines), runs, jobs)


def peak_mib(events: int) -> float:
    """Most memory that reading a trace of so many events takes at a time, its text not counted."""

    def lines() -> Iterable[str]:
        for at, who, kind, values in trace_dat.events(events):
            pid, comm = trace_dat.TASKS[who]
            context = f"{comm:>16}-{pid:<7d} [000] d..2. {at / 1e9:.6f}"
            yield f"{context}: {kind.name}: {kind.fmt % values}"

    tracemalloc.start()
    for _ in TraceReader().events(lines()):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def _command(*argv: str) -> Callable[[], None]:
    def run() -> None:
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    return run


def _cpu_s() -> float:
    """CPU seconds of this process and of those it has waited for."""
    return sum(os.times()[:4])


def _use(_result: object) -> None:
    """The result is what took the time."""


def _table(unit: str, number: int, runs: int, jobs: list[Job]) -> list[str]:
    took: list[list[float]] = [[] for _ in jobs]
    for _ in range(runs):
        for seconds, (_name, job) in zip(took, jobs, strict=True):
            start = _cpu_s()
            job()
            seconds.append(_cpu_s() - start)
    lines = []
    for seconds, (name, _job) in zip(took, jobs, strict=True):
        ratio = statistics.median(x / y for x, y in zip(seconds, took[0], strict=True))
        rate = number / statistics.median(seconds)
        lines.append(f"| {name} | {rate:,.0f} {unit}/s | {ratio:.2f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, metavar="N", help="(200000)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="(5)")
    parser.add_argument("--tree", type=Path, help="a kernel tree; else the store's newest")
    options = parser.parse_args()
    tree = options.tree or ktap_score.newest_tree()
    print("| what | speed | time against the first of its kind |\n|---|---|---|")
    print("\n".join(rows(options.events, options.runs, tree)))
    few, many = peak_mib(20_000), peak_mib(80_000)
    print(f"\nmemory for 20,000 events: {few:.2f} MiB, for 80,000: {many:.2f} MiB")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-2.0-only
"""How long the page of a large run takes to be made and to open, and how large it is.

    .venv/bin/python tests/bench/run_page_bench.py [--events N] [--nodes N] [--runs N] [--keep DIR]

A run directory with so many events is written first. The command is timed as a whole, from the
start of Python on, once for the page and once for the Perfetto trace. The page is opened in a
headless Chromium from its file: navigation start to load event, by the browser's own clock, and to
the frame after it, when all is drawn.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "edge" / "dashboard")]

import browser  # noqa: E402
import made_run  # noqa: E402

PER_CASE = 8  # events besides those of works, of which each has three
WORKS = 8
LOADED = """
const [entry] = performance.getEntriesByType("navigation"), done = arguments[0];
const loaded = entry.loadEventEnd - entry.startTime;
requestAnimationFrame(() => setTimeout(() => done([loaded, performance.now()])));
"""


def timed(*args: str) -> tuple[float, float]:
    """Seconds of one command: by the clock, and of a core."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "orchestrator", "report", *args]
    subprocess.run(command, cwd=HERE.parents[1], check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu


def opened(page: Path, times: int) -> list[tuple[float, float]]:
    """(loaded, drawn) in milliseconds, each time."""
    found: list[tuple[float, float]] = []
    with browser.chromium() as driver:
        browser.look(driver)
        for _ in range(times):
            driver.get(page.as_uri())
            loaded, drawn = driver.execute_async_script(LOADED)
            found.append((loaded, drawn))
    return found


def main() -> None:
    """Prints one line a figure: medians, and all there are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=32)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orch-page-") as folder:
        root = args.keep or Path(folder)
        cases = max(1, args.events // (PER_CASE + 3 * WORKS))
        made = made_run.Made(nodes=args.nodes, cases=cases, works=WORKS, failed=cases // 2)
        run = made_run.write_run(root / "run", made)
        page, trace = root / "page.html", root / "trace.pftrace"
        pages = [timed(str(run), "--html", str(page)) for _ in range(args.runs)]
        traces = [timed(str(run), "--perfetto", str(trace)) for _ in range(args.runs)]
        lines = (run / "trace.log").read_text().count("\n")
        print(f"{lines} lines of trace, {cases} cases, {args.nodes} CPUs")
        _say("page made, s", [each[0] for each in pages])
        _say("of a core, s", [each[1] for each in pages])
        print(f"page: {page.stat().st_size / 1024:.0f} KiB")
        _say("trace made, s", [each[0] for each in traces])
        _say("of a core, s", [each[1] for each in traces])
        print(f"trace: {trace.stat().st_size / 1024:.0f} KiB")
        if browser.installed():
            seen = opened(page, args.runs)
            _say("loaded, ms", [each[0] for each in seen])
            _say("drawn, ms", [each[1] for each in seen])


def _say(what: str, values: list[float]) -> None:
    shown = " ".join(f"{value:.2f}" for value in values)
    print(f"{what}: {statistics.median(values):.2f} ({shown})")


if __name__ == "__main__":
    main()

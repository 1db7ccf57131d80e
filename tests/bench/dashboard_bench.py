# SPDX-License-Identifier: GPL-2.0-only
"""How long the dashboard of 100,000 results takes to be made, and its pages to open.

    .venv/bin/python tests/bench/dashboard_bench.py [--nights N] [--cells N] [--runs N]
                                                [--keep FOLDER]

The history is made first: nights × cells × 50 tests, with crashes, retries, and whatever else
nights have. The command is timed as a whole, from the start of Python on. Pages are opened in a
headless Chromium from files: navigation start to load event, as the browser's own clock has it.
"""

from __future__ import annotations

import argparse
import os
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
import made_history  # noqa: E402

from orchestrator.edge.history.history import open_history  # noqa: E402

LOADED = """
const [entry] = performance.getEntriesByType("navigation");
return entry.loadEventEnd - entry.startTime;
"""


def shape(nights: int, cells: int, runs: Path) -> made_history.Shape:
    """Ten cells a tree, fifty tests a cell."""
    return made_history.Shape(
        nights=nights,
        trees=tuple(f"tree{number}" for number in range(cells // 10)),
        patches=("", "numa-aware"),
        configs=("numa",),
        topologies=("numa1", "numa2", "numa4", "memoryless", "cpuless"),
        tests=50,
        runs_in=str(runs),
    )


def made(folder: Path, url: str, times: int) -> list[tuple[float, float]]:
    """Seconds of the whole command, each time: by the clock, and of a core."""
    command = [sys.executable, "-m", "orchestrator", "nightly", "dashboard", str(folder),
               "--history", url, "--nights", "1000"]  # fmt: skip
    took = []
    for _ in range(times):
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=HERE.parents[1], check=True, stdout=subprocess.DEVNULL)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        took.append((time.monotonic() - began, cpu))
    return took


def opened(pages: list[Path], times: int) -> list[list[float]]:
    """Milliseconds of each page, each time."""
    took: list[list[float]] = [[] for _ in pages]
    with browser.chromium() as driver:
        driver.get("about:blank")
        for _ in range(times):
            for page, found in zip(pages, took, strict=True):
                driver.get(page.as_uri())
                found.append(float(driver.execute_script(LOADED)))
    return took


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nights", type=int, default=100)
    parser.add_argument("--cells", type=int, default=20, help="a multiple of 10")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="leave history and pages here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orchestrate-bench-") as name:
        place = asked.keep or Path(name)
        place.mkdir(parents=True, exist_ok=True)
        measure(place, shape(asked.nights, asked.cells, place / "runs"), asked.runs)


def measure(place: Path, shaped: made_history.Shape, runs: int) -> None:
    """One history, its pages, and how long each takes."""
    url, out = f"sqlite:///{place}/history.db", place / "dashboard"
    began = time.monotonic()
    if not (place / "history.db").exists():
        with open_history(url) as history:
            made_history.fill(history, shaped)
        print(f"history written in {time.monotonic() - began:.1f} s")
    with open_history(url) as history:
        results = sum(
            len(a.cases) for n in history.runs("kthread-nightly", 1000) for a in n.attempts
        )
    print(f"{results} results; load {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores")
    took, cpu = zip(*made(out, url, runs), strict=True)
    print(f"made in {statistics.median(took):.2f} s ({min(took):.2f} to {max(took):.2f}), "
          f"{statistics.median(cpu):.2f} s of a core")  # fmt: skip
    files = sorted(out.glob("*.html"), key=lambda file: file.stat().st_size)
    whole = sum(file.stat().st_size for file in files)
    print(f"{len(files)} pages, {whole / 1e6:.1f} MB; the largest {files[-1].stat().st_size} bytes")
    cell = next(file for file in reversed(files) if file.name.startswith("cell-"))
    suite = next(file for file in reversed(files) if file.name.startswith("suite-"))
    pages = [
        *(out / f"{name}.html" for name in ("index", "tests", "timing", "tonight")),
        cell,
        suite,
    ]
    for page, found in zip(pages, opened(pages, runs), strict=True):
        median = statistics.median(found)
        print(f"{page.name}: {page.stat().st_size} bytes, opens in {median:.0f} ms "
              f"({min(found):.0f} to {max(found):.0f})")  # fmt: skip
    print(f"load {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()

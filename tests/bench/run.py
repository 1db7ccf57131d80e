# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark: whole commands as a user runs them, side by side, against the least they cost.

    .venv/bin/python tests/bench/run.py                     all of it: a table, plots, history
    .venv/bin/python tests/bench/run.py --only boot,startup
    .venv/bin/python tests/bench/run.py --quick --runs 2    does everything work?

A whole run writes docs/benchmark.md, .svg and scale.svg and adds a line to history.jsonl beside
this file; one with --only or --quick does all that in bench-results/ instead. The section
"cold" builds from empty caches and is left out unless it is named.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import bench_history
import bench_plot
import section_boot
import section_cold
import section_scale
import section_startup
import section_throughput
import section_timeline
import section_virtme
from bench_commands import Bench, CommandFailed, as_a_user
from bench_page import page
from figures import Section

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PARTIAL = ROOT / "bench-results"
SECTIONS: dict[str, Callable[[Bench], Section]] = {
    "boot": section_boot.measure,
    "timeline": section_timeline.measure,
    "startup": section_startup.measure,
    "scale": section_scale.measure,
    "throughput": section_throughput.measure,
    "virtme": section_virtme.measure,
    "cold": section_cold.measure,
}
USUAL = tuple(name for name in SECTIONS if name != "cold")


def measured(names: Sequence[str], bench: Bench) -> list[Section]:
    """The sections, one after the other. One that cannot be measured says why in the page."""
    found = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            found.append(SECTIONS[name](bench))
        except CommandFailed as error:
            print(error, file=sys.stderr)
            lines = str(error).strip().splitlines()
            said = tuple(dict.fromkeys((lines[0], lines[-1])))
            found.append(Section(name, name, "Not measured.", notes=said, failed=True))
    return found


def machine_class() -> str:
    """What must be alike for times to be compared, without a name of this very machine."""
    memory_gib = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)
    python = ".".join(platform.python_version_tuple()[:2])
    return f"{os.cpu_count()} x {_cpu()}, {memory_gib} GiB, {_qemu()}, Python {python}"


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return " ".join(value.split())
    return platform.machine()


def _qemu() -> str:
    words = _said("qemu-system-x86_64", "--version").split()
    return f"QEMU {words[words.index('version') + 1]}" if "version" in words else "QEMU"


def commit() -> str:
    """Of this checkout; "+" for uncommitted changes."""
    changes = _said("git", "-C", str(ROOT), "status", "--porcelain", "--", "orchestrator", "kmod")
    return _said("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD") + "+" * bool(changes)


def _said(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


def publish(sections: Sequence[Section], record: bench_history.Record, partial: bool) -> Path:
    """Page, plots and a line of history; where the page is."""
    folder, history = ROOT / "docs", HERE / "history.jsonl"
    if partial:
        folder = PARTIAL
        history = folder / "history.jsonl"
    folder.mkdir(exist_ok=True)
    plots = []
    if bench_plot.available():
        for name, draw in (
            ("benchmark.svg", bench_plot.plot_series),
            ("scale.svg", bench_plot.plot_curves),
        ):
            plots += [name] if draw(sections, folder / name) else []
    else:
        print("no plots: pip install -e '.[bench]' brings matplotlib", file=sys.stderr)
    trends = bench_history.trends(record, bench_history.read(history))
    text = page(record, sections, trends, plots)
    print(text, end="")
    (folder / "benchmark.md").write_text(text)
    bench_history.append(history, record)
    return folder / "benchmark.md"


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--only", metavar="A,B", help=f"sections: {', '.join(SECTIONS)}")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="counted runs (5)")
    parser.add_argument("--quick", action="store_true", help="fewer sizes: does it all work?")
    parser.add_argument("--cold", action="store_true", help="the section cold as well")
    parser.add_argument("--virtme-kernel", type=Path, action="append", default=[], metavar="IMAGE",
                        help="one more kernel for virtme-ng, of its own configuration")  # fmt: skip
    options = parser.parse_args(argv)
    options.names = options.only.split(",") if options.only else [*USUAL]
    if options.cold and "cold" not in options.names:
        options.names.append("cold")
    for name in options.names:
        if name not in SECTIONS:
            parser.error(f"no section {name!r}; there are {', '.join(SECTIONS)}")
    if options.runs < 1:
        parser.error("--runs: one at least")
    return options


def main() -> int:
    options = parse()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="orchestrate-bench-") as name:
        as_a_user(Path(name))
        bench = Bench(options.runs, options.quick, Path(name), tuple(options.virtme_kernel))
        sections = measured(options.names, bench)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes")
    record = bench_history.record(now, commit(), machine_class(), round(load, 2), sections)
    written = publish(sections, record, partial=bool(options.only or options.quick))
    print(f"\nwritten: {written}", file=sys.stderr)
    return 1 if any(section.failed for section in sections) else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: GPL-2.0-only
"""Nights of many cells on many hosts, simulated: what saturates first?

    tox -e sim                                                     # a table of one night
    python tests/sim/run.py --cells 10000 --hosts 200 --seed 1     # the same
    python tests/sim/run.py --sweep                                # all tables, minutes
    python tests/sim/run.py --sweep --write                        # docs/scaling.md, .svg

What comes next is decided by the product's own rule (orchestrator/plan/night_schedule.py), which
host takes it by one that stands for Dask's (sim_place.py). Times are measured ones
(stage_times.json; collect.py and measure.py make it). The same options give the same figures. Exit
code 1 if an invariant was broken, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sim_ledger import Broken
from sim_page import one_night, tables, validation, with_tables
from sim_plot import plot
from sim_setting import Setting
from sim_sweep import BOOTS, Case, as_it_is, cases, run, sweep
from sim_times import load

DOCS = Path(__file__).resolve().parents[2] / "docs"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=10_000, metavar="N", help="about (10000)")
    parser.add_argument("--hosts", type=int, default=200, metavar="N", help="(200)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all chance (1)")
    parser.add_argument("--sweep", action="store_true", help="all that docs/scaling.md shows")
    parser.add_argument("--write", action="store_true", help="into docs as well; with --sweep")
    options = parser.parse_args()
    if min(options.cells, options.hosts) < 1 or (options.write and not options.sweep):
        parser.error("at least one cell and one host; --write needs --sweep")
    try:
        return _run(options)
    except Broken as broken:
        print(f"broken: {broken}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    times = load()
    setting: Setting = as_it_is(times, options.hosts, options.seed)
    if not options.sweep:
        print(one_night(run(Case("", "", options.cells, setting, BOOTS))))
        return 0
    ran = sweep(list(cases(times, options.cells, options.hosts, options.seed)))
    made = tables(ran, times) | {"validation": validation()}
    for name, text in made.items():
        print(f"{name}\n\n{text}\n")
    if options.write:
        page = DOCS / "scaling.md"
        page.write_text(with_tables(page.read_text(encoding="utf-8"), made), encoding="utf-8")
        plot(ran, DOCS / "scaling.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())

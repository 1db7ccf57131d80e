# SPDX-License-Identifier: GPL-2.0-only
"""What each option of the base and numa fragments costs: a table, docs/kconfig-costs.md.

    .venv/bin/python tests/bench/kconfig_costs.py               measure, write docs/kconfig-costs.md
    .venv/bin/python tests/bench/kconfig_costs.py --only CONFIG_KUNIT,CONFIG_PCI --page FILE

Kbuild is asked, for each option, which objects it would not link without it; what these cost is
measured on the kernel `orchestrate boot --config numa` builds, in a copy. A few options are left
out for real, to see how far such sums may be trusted. Measurements are kept in --work: what was
ended goes on there, and another kernel starts anew. Some five minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench_commands import CommandFailed, as_a_user
from kconfig_attribution import Measures, by_object, cost
from kconfig_measures import asks, owned_initcalls, size
from kconfig_objects import KbuildFailed
from kconfig_page import Control, Whole, page, reasons_in
from kconfig_state import BOOTS, Measuring
from run import machine_class

from orchestrator.config.fragments import BASE, combine, shipped
from orchestrator.edge.inherit import FACTS
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import KernelConfig, Option

ROOT = Path(__file__).resolve().parents[2]
FRAGMENT = "numa"
# Left out for real: a table of data, and a driver of several objects that other files mention.
CONTROLS = ("CONFIG_IKCONFIG", "CONFIG_SERIAL_8250")


def measured(options: Sequence[Option], controls: Sequence[Option], tool: Measuring) -> str:
    """The page."""
    base = tool.base()
    found = tool.without([*options, *controls])
    tool.compile(sorted({path for each in found for path in each.gone}))
    say("booting")
    took = tool.boot_ms()
    obj, gone = tool.obj, {path for each in found for path in each.gone}
    boot_ms, unowned = by_object(took, owned_initcalls(obj, base.objects))
    sizes = {path: size(obj / path) for path in gone}
    measures = Measures(sizes, tool.state.seconds, boot_ms, asks(obj, base.objects))
    costs = [cost(each, measures) for each in found]
    real = []
    for option, each in zip(controls, costs[len(options) :], strict=True):
        say(f"building without {option.name}")
        real.append(Control(each, tool.control(option)))
    release = json.loads((tool.entry / FACTS).read_text())["release"]
    whole = Whole(release, machine_class(), len(base.objects), size(tool.vmlinux),
                  sum(took.values()), sum(unowned.values()), BOOTS)  # fmt: skip
    reasons: dict[str, str] = {}
    for name in (BASE, FRAGMENT):
        reasons |= reasons_in(shipped()[name].read_text())
    return page(whole, costs[: len(options)], real, reasons)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parse(config: KernelConfig, argv: Sequence[str] | None = None) -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--only", metavar="A,B", default="", help="options; all by default")
    parser.add_argument("--control", metavar="A,B", default=",".join(CONTROLS),
                        help=f"options to leave out for real ({','.join(CONTROLS)})")  # fmt: skip
    parser.add_argument("--work", type=Path, default=ROOT / "bench-results" / "kconfig",
                        metavar="DIR", help="for measurements (bench-results/kconfig)")  # fmt: skip
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "kconfig-costs.md",
                        metavar="FILE", help="what to write (docs/kconfig-costs.md)")  # fmt: skip
    said = parser.parse_args(argv)
    by_name = {option.name: option for option in config.options}
    for words in (said.only, said.control):
        for name in filter(None, words.split(",")):
            if name not in by_name:
                parser.error(f"no option {name!r} in the fragments {BASE} and {FRAGMENT}")
    said.options = [by_name[name] for name in said.only.split(",") if name] or [*config.options]
    said.controls = [by_name[name] for name in said.control.split(",") if name]
    return said


def main() -> int:
    config = combine(FRAGMENT)
    said = parse(config)
    try:
        with tempfile.TemporaryDirectory(prefix="orchestrate-options-") as name:
            as_a_user(Path(name))
            tool = Measuring(config, said.work.resolve(), Path(name) / "run")
            text = measured(said.options, said.controls, tool)
    except (
        CommandFailed,
        KbuildFailed,
        OrchestrateError,
        ValueError,
        subprocess.CalledProcessError,
    ) as error:
        say(f"not measured: {error}")
        return 1
    said.page.write_text(text)
    say(f"written: {said.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

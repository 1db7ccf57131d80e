# SPDX-License-Identifier: GPL-2.0-only
"""A soak: a thousand runs in one process, three at a time, each with the verdict it must get.

    tox -e soak                              # 1,000 runs, about half an hour
    tox -e soak -- --runs 60 --at-a-time 2
    tox -e soak -- --seed 7 --json soak.json

Cold and forked, all topologies, green and red (soak_mix.py), in an order that --seed decides. All
runs are threads of one process, as in a night's matrix, so that what one leaves is seen: memory,
open files, threads, processes, temporary files, mounts. Exit code 1 if a verdict is wrong or
something grew, 2 for wrong usage. Figures go to docs/soak.md with --write.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from msgspec.structs import replace
from soak_mix import Kind, drawn
from soak_page import Ran, page
from soak_usage import Usage, growth, usage

from orchestrator.cli.boot import command as boot
from orchestrator.cli.options import boot_job
from orchestrator.edge.store import runs_root
from orchestrator.model.progress import silent
from orchestrator.workflow.boot import run_boot
from orchestrator.workflow.boot_job import BootJob

PAGE = Path(__file__).resolve().parents[2] / "docs" / "soak.md"


def job_of(kind: Kind) -> BootJob:
    """What `orchestrate boot` would make of these arguments."""
    with boot.make_context("boot", ["--config", "numa", *kind.args]) as context:
        asked = dict(context.params)
    guests = ("rootfs", "include", "adds", "ssh", "kunit", "insmods", "kselftest")
    files = ("run_dir", "json_file", "junit_file", "html_file")
    for name in ("patches", "keep_dump", *files, *guests):
        asked.pop(name)
    cold = bool(asked.pop("cold"))
    return replace(boot_job(**asked), cold=cold)


def one(kind: Kind, folder: Path) -> Ran:
    """Run it; its directory is kept, with those of all runs, only if the verdict is wrong."""
    start = time.monotonic()
    run_dir = Path(tempfile.mkdtemp(prefix="run-", dir=folder)) / "run"
    try:
        result = run_boot(replace(job_of(kind), run_dir=run_dir), silent)
    except Exception as error:  # whatever it is, this run is wrong and the soak goes on
        return Ran(kind.name, kind.verdict, "raised", False, time.monotonic() - start, repr(error))
    took_s = time.monotonic() - start
    verdict = result.verdict.value
    forked = result.evidence is not None and result.evidence.outcome.forked
    why = ""
    if verdict == kind.verdict:
        shutil.rmtree(run_dir.parent)
    else:
        titles = "; ".join(finding.title for finding in result.findings)
        kept = runs_root() / f"soak-{run_dir.parent.name}"
        shutil.move(run_dir, kept)
        why = f"{kept}: {titles}"
    return Ran(kind.name, kind.verdict, verdict, forked, took_s, why)


def soak(kinds: Sequence[Kind], at_a_time: int, folder: Path) -> tuple[list[Ran], list[Usage]]:
    """All of them; a sample of what is held after every fiftieth of the way, when no run is
    under way: a machine that is up is no leak."""
    ran: list[Ran] = []
    samples: list[Usage] = []
    every = max(at_a_time, len(kinds) // 50)
    temporary = Path(tempfile.gettempdir())
    with ThreadPoolExecutor(at_a_time) as pool:
        for start in range(0, len(kinds), every):
            running = [pool.submit(one, kind, folder) for kind in kinds[start : start + every]]
            for future in as_completed(running):
                ran.append(future.result())
                _say_if_wrong(ran[-1])
            samples.append(usage(len(ran), temporary))
            _say_progress(ran, samples[-1], len(kinds))
    return ran, samples


def _say_if_wrong(run: Ran) -> None:
    if not run.right:
        print(f"WRONG: {run.kind}: {run.verdict}, not {run.wanted}: {run.why}", flush=True)


def _say_progress(ran: Sequence[Ran], now: Usage, total: int) -> None:
    wrong = sum(not run.right for run in ran)
    print(
        f"{len(ran)}/{total}, {wrong} wrong; {now.rss_mib:.0f} MiB, {now.files} files, "
        f"{now.threads} threads, {now.children} children, {now.temporary} temporary",
        file=sys.stderr,
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000, metavar="N", help="how many (1000)")
    parser.add_argument("--at-a-time", type=int, default=3, metavar="N", help="at once (3)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the order (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every run, and the samples")
    parser.add_argument("--write", action="store_true", help=f"docs/{PAGE.name} as well")
    options = parser.parse_args()
    if options.runs < 5 or options.at_a_time < 1:
        parser.error("at least 5 runs, at least one at a time")
    kinds = list(drawn(options.runs, options.seed))
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="orchestrate-soak-") as name:
        folder = Path(name)
        tempfile.tempdir = str(folder / "tmp")
        (folder / "tmp").mkdir()
        ran, samples = soak(kinds, options.at_a_time, folder)
    text = page(ran, samples, time.monotonic() - started, options.at_a_time)
    print(text, end="")
    if options.json:
        rows = {"runs": [*map(asdict, ran)], "samples": [*map(asdict, samples)]}
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    return 1 if growth(samples) or any(not run.right for run in ran) else 0


if __name__ == "__main__":
    sys.exit(main())

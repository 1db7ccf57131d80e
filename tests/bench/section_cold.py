# SPDX-License-Identifier: GPL-2.0-only
"""From empty caches, without ccache: a whole build, and a patched one after it."""

from __future__ import annotations

from pathlib import Path

from bench_commands import BOOT, Bench, document, run
from figures import Ratio, Section, Series

PATCHED_SHARE = 0.3  # of a whole build, at most
PATCH = Path(__file__).resolve().parents[1] / "patches" / "rename-only.patch"


def measure(bench: Bench) -> Section:
    env = {"ORCHESTRATE_CACHE": str(bench.folder / "cache"), "CCACHE_DISABLE": "1"}
    series: list[Series] = []
    builds: list[float] = []
    for name, options in (("empty caches", ()), ("then a patch", ("--patch", str(PATCH)))):
        run_dir = bench.folder / f"cold{len(builds)}"
        run((*BOOT, *options, "--run-dir", str(run_dir)), **env)
        stages = {stage["stage"]: float(stage["took_s"]) for stage in document(run_dir)["stages"]}
        series += [Series(f"{name}: {stage}", (took_s,)) for stage, took_s in stages.items()]
        builds.append(stages["build"])
    ratio = Ratio("patched build / whole build", (builds[1],), (builds[0],), PATCHED_SHARE)
    return Section(
        "cold",
        "From empty caches",
        f"One run each, without ccache: the stages of a whole run, then of one with {PATCH.name}.",
        tuple(series),
        (ratio,),
    )

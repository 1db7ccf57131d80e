# SPDX-License-Identifier: GPL-2.0-only
"""Which failure of which run is to be recorded, and whether it can be."""

from __future__ import annotations

import shlex
from pathlib import Path

from msgspec import Struct

from orchestrator.judge.shrink import choose, failures, target_of
from orchestrator.model import rundir as names
from orchestrator.model.errors import UsageError
from orchestrator.model.job import Plan, RunResult
from orchestrator.model.shrink import Target
from orchestrator.plan import record
from orchestrator.plan.gdb import FAILS
from orchestrator.plan.qemu import Boot
from orchestrator.workflow.debug_subject import Subject

TRIES = 3


class Asked(Struct, frozen=True):
    """finding: which failure, as orchestrate shrink takes it. run_dir: where the recording goes;
    None: into the run's own directory, where an earlier one gives way."""

    finding: str = ""
    tries: int = TRIES
    run_dir: Path | None = None
    step_s: float = 40.0  # as boot's --timeout: a guest that is silent for so long hangs
    command: tuple[str, ...] = ()


def meant(run: Subject, before: RunResult, asked: Asked) -> tuple[Boot, Plan, Target]:
    """before: the run judged again. Raises UsageError if it has no such failure, or one that
    cannot be recorded."""
    where = shlex.quote(str(run.run_dir))
    found = failures(before)
    if not found:
        raise UsageError(
            f"this run is {before.verdict.value}: it has no failure to record",
            f"orchestrate why {where} says why; orchestrate gdb {where} takes any run",
        )
    # What the guest itself said comes before how it ended: only one of the same words is the same.
    told = [each for each in found if each.check in FAILS]
    chosen = choose(found if asked.finding else [*told, *found], asked.finding)
    if chosen is None:
        shown = "; ".join(f"{each.signature or '-'} {each.title}" for each in found[:6])
        raise UsageError(f"no finding of this run is {asked.finding!r}", f"there are: {shown}")
    if run.boot is None or before.plan is None:
        raise UsageError(f"{run.run_dir} is of an earlier version, without {names.MACHINE}",
                         "boot again")  # fmt: skip
    why, hint = record.refused(run.boot, before.plan, chosen.check)
    if why:
        raise UsageError(why, hint.replace("RUN", where))
    return run.boot, before.plan, target_of(chosen)

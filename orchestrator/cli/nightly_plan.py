# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly plan"""

from __future__ import annotations

from typing import Any

import click

from orchestrator.cli.nightly_history_options import history_option
from orchestrator.cli.nightly_options import night_options


@click.command("plan")
@night_options
@history_option
def command(history_url: str | None, **asked: Any) -> int:
    """Say which cells `nightly run` would run, in which order, why, and how long they take.

    Sources are fetched and patches read, since the order depends on them; nothing is
    built or booted.
    """
    from orchestrator.cli import show_night
    from orchestrator.cli.nightly_history_options import opened
    from orchestrator.cli.nightly_options import night_job
    from orchestrator.edge.history.memory import HistoryMemory
    from orchestrator.workflow.night import plan_night

    job = night_job(**asked)
    with opened(history_url) as history, show_night.live() as progress:
        outlook = plan_night(job, progress, HistoryMemory(history))
    show_night.outlook(outlook, job.budget_s)
    return 0

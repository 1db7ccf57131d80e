# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly show"""

from __future__ import annotations

from pathlib import Path

import click

from orchestrator.cli.nightly_history_options import (
    history_option,
    matrix_option,
    quarantine_option,
)


@click.command("show")
@click.argument("night", default="", metavar="[NIGHT]")
@matrix_option
@history_option
@quarantine_option
def command(night: str, matrix: str, history_url: str | None, quarantine_file: Path | None) -> int:
    """Say what a night means, against those before; NIGHT is its id, or how that begins.

    Without NIGHT, the latest. Against them as they are known today, with the quarantine
    of today. Exit code 0 whatever it says.
    """
    from orchestrator.cli.nightly_history_options import opened, quarantine
    from orchestrator.cli.show import report_console
    from orchestrator.judge.nights import night_verdict
    from orchestrator.report.night_pages import one_night
    from orchestrator.workflow.night_judged import judged_night

    entries = quarantine(quarantine_file)
    with opened(history_url) as history:
        judged = judged_night(history, night or None, matrix or None, entries)
    report_console(None).print(one_night(judged, night_verdict(judged)))
    return 0

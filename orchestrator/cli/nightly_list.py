# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly list"""

from __future__ import annotations

import click

from orchestrator.cli.nightly_history_options import history_option, matrix_option


@click.command("list")
@click.option("-n", "count", type=click.IntRange(min=1), default=20, show_default=True,
              help="So many nights.")  # fmt: skip
@matrix_option
@history_option
def command(count: int, matrix: str, history_url: str | None) -> int:
    """List the latest nights, newest first."""
    from orchestrator.cli.nightly_history_options import opened
    from orchestrator.cli.show import report_console
    from orchestrator.report.night_pages import nights

    with opened(history_url) as history:
        found = history.nights(matrix, count)
        verdicts = history.verdicts(found)
    report_console(None).print(nights([(each, verdicts[each.id]) for each in found]))
    return 0

# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate nightly history"""

from __future__ import annotations

from fnmatch import fnmatchcase

import click

from orchestrator.cli.nightly_history_options import history_option, matrix_option


@click.command("history")
@click.argument("test")
@click.option("--cell", default="*", metavar="PATTERN",
              help="Only in cells like this: tree/patch/config/topology, with * and ? as in a "
              "shell, - for no patch.")  # fmt: skip
@click.option("-n", "count", type=click.IntRange(min=1), default=50, show_default=True,
              help="So many runs.")  # fmt: skip
@matrix_option
@history_option
def command(test: str, cell: str, count: int, matrix: str, history_url: str | None) -> int:
    """Show the results of one TEST (suite.case), newest first."""
    from orchestrator.cli.nightly_history_options import opened
    from orchestrator.cli.show import report_console
    from orchestrator.judge.night_flaky import rate
    from orchestrator.model.night import CaseStatus
    from orchestrator.report.night_pages import one_test
    from orchestrator.workflow.night_judged import known_test

    with opened(history_url) as history:
        known_test(history, test)
        cells = [each for each in history.cells_of(test) if fnmatchcase(str(each), cell)]
        seen = [one for each in cells for one in history.case_history(test, each, matrix, count)]
    seen = sorted(seen, key=lambda one: (one.started_at, one.number), reverse=True)[:count]
    failed = sum(1 for one in seen if one.status is CaseStatus.FAIL)
    passed = sum(1 for one in seen if one.status is CaseStatus.PASS)
    share = rate(failed, failed + passed) if failed + passed else None
    report_console(None).print(one_test(test, seen, share))
    return 0

# SPDX-License-Identifier: GPL-2.0-only
"""How a comparison is shown and written."""

from __future__ import annotations

from pathlib import Path

from orchestrator.cli.show import report_console, write_report
from orchestrator.model import rundir
from orchestrator.model.compare import CompareResult
from orchestrator.report.compare_json import compare_json
from orchestrator.report.compare_page import compare_page
from orchestrator.report.compare_text import compare_report
from orchestrator.workflow.compare_runs import runs_of


def show(result: CompareResult, json_file: Path | None, html_file: Path | None) -> None:
    """The text on standard output (standard error if the JSON goes there), and the files."""
    if json_file:
        write_report(json_file, compare_json(result))
    if html_file:
        runs = {} if str(html_file) == "-" else runs_of(result, html_file.parent)
        write_report(html_file, compare_page(result, runs))
    page = str(Path(result.run_dir) / rundir.PAGE)
    report_console(json_file).print(compare_report(result, page))

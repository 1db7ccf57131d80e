# SPDX-License-Identifier: GPL-2.0-only
"""How a bisect is shown and written."""

from __future__ import annotations

from pathlib import Path

from orchestrator.cli.show import report_console, write_report
from orchestrator.model.bisect import BisectResult
from orchestrator.report.bisect_json import bisect_json
from orchestrator.report.bisect_text import bisect_report


def show(result: BisectResult, json_file: Path | None) -> None:
    """The text on standard output (standard error if the JSON goes there), and the file."""
    if json_file:
        write_report(json_file, bisect_json(result))
    report_console(json_file).print(bisect_report(result), soft_wrap=True)

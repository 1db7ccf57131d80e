# SPDX-License-Identifier: GPL-2.0-only
"""How a bisect is shown and written."""

from __future__ import annotations

from pathlib import Path

from orchestrator.cli.show import report_console, write_report
from orchestrator.model.bisect import BisectResult
from orchestrator.model.bisect_options import OptionsResult
from orchestrator.report.bisect_json import bisect_json, options_json
from orchestrator.report.bisect_options_text import options_report
from orchestrator.report.bisect_text import bisect_report


def show(result: BisectResult | OptionsResult, json_file: Path | None) -> None:
    """The text on standard output (standard error if the JSON goes there), and the file."""
    if isinstance(result, OptionsResult):
        text, report = options_json(result), options_report(result)
    else:
        text, report = bisect_json(result), bisect_report(result)
    if json_file:
        write_report(json_file, text)
    report_console(json_file).print(report, soft_wrap=True)

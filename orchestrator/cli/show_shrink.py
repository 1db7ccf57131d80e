# SPDX-License-Identifier: GPL-2.0-only
"""How a shrink is shown and written."""

from __future__ import annotations

from pathlib import Path

from orchestrator.cli.show import report_console, write_report
from orchestrator.model.shrink import ShrinkResult
from orchestrator.report.shrink_json import shrink_json
from orchestrator.report.shrink_text import shrink_report


def show(result: ShrinkResult, json_file: Path | None) -> None:
    """The text on standard output (standard error if the JSON goes there), and the file."""
    if json_file:
        write_report(json_file, shrink_json(result))
    report_console(json_file).print(shrink_report(result), soft_wrap=True)

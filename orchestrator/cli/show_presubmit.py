# SPDX-License-Identifier: GPL-2.0-only
"""How a presubmit is shown and written."""

from __future__ import annotations

import sys
from pathlib import Path

from orchestrator.cli.show import report_console, write_report
from orchestrator.model.presubmit import Presubmit
from orchestrator.report.clean import clean
from orchestrator.report.presubmit_json import presubmit_json
from orchestrator.report.presubmit_junit import presubmit_junit
from orchestrator.report.presubmit_text import presubmit_report


def say(text: str) -> None:
    """A line for people, between results."""
    print(clean(text), file=sys.stderr, flush=True)


def show(result: Presubmit, json_file: Path | None, junit_file: Path | None) -> None:
    """The text on standard output (standard error if the JSON goes there), and the files."""
    if json_file:
        write_report(json_file, presubmit_json(result))
    if junit_file:
        write_report(junit_file, presubmit_junit(result))
    report_console(json_file).print(presubmit_report(result), soft_wrap=True)

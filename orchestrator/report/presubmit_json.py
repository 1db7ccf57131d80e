# SPDX-License-Identifier: GPL-2.0-only
"""Presubmit → JSON, with its verdict, exit code and paragraph; enums by value."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from orchestrator.model.presubmit import Presubmit
from orchestrator.report.presubmit_words import left_out, paragraph


def presubmit_json(result: Presubmit) -> str:
    """Each step's marks by the name of their check; of the comparison, compare.json has the rest.

    whole: was all checked that could have been? left_out: what was not, and why.
    """
    document: dict[str, Any] = msgspec.to_builtins(result)
    compared = document.pop("compared")
    for step in document["steps"]:
        step["marks"] = dict(step["marks"])
    first = {
        "schema_version": document.pop("schema_version"),
        "verdict": result.verdict.value,
        "exit_code": result.exit_code,
        "whole": result.whole,
        "left_out": left_out(result),
        "paragraph": paragraph(result),
        "compared": compared["run_dir"] if compared else None,
    }
    return json.dumps({**first, **document}, indent=1) + "\n"

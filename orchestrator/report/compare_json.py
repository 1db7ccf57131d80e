# SPDX-License-Identifier: GPL-2.0-only
"""CompareResult → compare.json, with the word as "verdict"."""

from __future__ import annotations

import msgspec

from orchestrator.model.compare import CompareResult
from orchestrator.report.document import to_json


def compare_json(result: CompareResult) -> str:
    """One object. "differences" are those of all cells; the cells have their own as well."""
    whole = msgspec.to_builtins(result)
    base, head = result.runs
    first = {
        "schema_version": result.schema_version,
        "verdict": result.word.value,
        "exit_code": result.word.exit_code,
        "runs": {"base": base, "head": head},
        "differences": msgspec.to_builtins(result.differences),
    }
    rest = {key: value for key, value in whole.items() if key not in (*first, "word")}
    return to_json({**first, **rest})

# SPDX-License-Identifier: GPL-2.0-only
"""CompareResult → compare.json, with the word as "verdict"."""

from __future__ import annotations

from typing import Any

import msgspec

from orchestrator.model.compare import CompareResult, Difference, Word
from orchestrator.report.document import to_json
from orchestrator.report.json_schema import schema_parts


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


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of compare.json."""
    top, parts = schema_parts(CompareResult, Difference)
    whole = parts["CompareResult"]
    count = {"type": "integer", "minimum": 0}
    rest = {key: value for key, value in whole["properties"].items() if key != "word"}
    whole["properties"] = {
        "schema_version": rest.pop("schema_version"),
        "verdict": {"$ref": "#/$defs/Word"},
        "exit_code": {"enum": sorted({word.exit_code for word in Word})},
        "runs": {
            "type": "object",
            "properties": {"base": count, "head": count},
            "required": ["base", "head"],
        },
        "differences": {"type": "array", "items": {"$ref": "#/$defs/Difference"}},
        **rest,
    }
    whole["required"] = list(whole["properties"])  # nothing is left out, whatever its value
    return {**top, "$defs": parts}

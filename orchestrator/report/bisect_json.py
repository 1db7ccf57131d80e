# SPDX-License-Identifier: GPL-2.0-only
"""BisectResult → JSON, with its exit code; enums by value."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from orchestrator.model.bisect import BisectResult
from orchestrator.model.bisect_options import OptionsResult


def options_json(result: OptionsResult) -> str:
    """The same of a bisect over options."""
    document: dict[str, Any] = msgspec.to_builtins(result)
    document |= {
        "exit_code": result.word.exit_code,
        "looked_for": str(result.check),
        "run_count": len(result.trials),
        "build_count": sum(bool(built.identity) and not built.cached for built in result.builds),
    }
    return json.dumps(document, indent=1) + "\n"


def bisect_json(result: BisectResult) -> str:
    """The result with the culprit in full, where there is one."""
    document: dict[str, Any] = msgspec.to_builtins(result)
    suspects = [
        {**document["steps"][suspect.node], "node": suspect.node,
         "probability": round(suspect.probability, 6)}
        for suspect in result.suspects
    ]  # fmt: skip
    document |= {
        "exit_code": result.word.exit_code,
        "looked_for": str(result.check),
        "suspects": suspects,
        "run_count": len(result.trials),
        "build_count": sum(not built.cached for built in result.builds),
    }
    return json.dumps(document, indent=1) + "\n"

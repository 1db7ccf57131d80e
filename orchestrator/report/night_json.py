# SPDX-License-Identifier: GPL-2.0-only
"""NightResult → night.json."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec

from orchestrator.model.night_run import CellResult, NightResult


def night_json(result: NightResult) -> str:
    """One object: verdict and exit code, then each cell that ran with its attempts, then those
    that did not."""
    whole: dict[str, Any] = msgspec.to_builtins(result)
    spent = {**whole.pop("spent"), "overhead": round(result.spent.overhead, 4)}
    cells = [
        _cell(each, raw) for each, raw in zip(result.results, whole.pop("results"), strict=True)
    ]
    verdict = result.verdict
    counts = Counter(each.verdict.value for each in result.results)
    head = {
        "schema_version": whole.pop("schema_version"),
        "verdict": verdict.value,
        "exit_code": verdict.exit_code,
        "counts": {**counts, "not run": len(result.night.not_run)},
        "spent": spent,
        "cells": cells,
    }
    return json.dumps({**head, **whole}, indent=1) + "\n"


def _cell(result: CellResult, raw: dict[str, Any]) -> dict[str, Any]:
    return {"verdict": result.verdict.value, "flaky": result.flaky, **raw}

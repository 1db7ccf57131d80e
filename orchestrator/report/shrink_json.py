# SPDX-License-Identifier: GPL-2.0-only
"""ShrinkResult → JSON, with its exit code; enums by value."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from orchestrator.model.shrink import ShrinkResult


def shrink_json(result: ShrinkResult) -> str:
    document: dict[str, Any] = msgspec.to_builtins(result)
    document |= {"exit_code": result.ended.exit_code, "run_count": len(result.trials)}
    return json.dumps(document, indent=1) + "\n"

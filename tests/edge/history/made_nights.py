# SPDX-License-Identifier: GPL-2.0-only
"""Nights and attempts to write, in few words."""

from __future__ import annotations

import datetime
from typing import Any

from orchestrator.model.night import (
    Attempt,
    CaseRow,
    CaseStatus,
    CellKey,
    Night,
    SignatureRow,
)
from orchestrator.model.verdict import Fault, Verdict

BASE = CellKey("mine", "", "numa", "numa4")
PATCHED = CellKey("mine", "fix", "numa", "numa4")
FIRST = datetime.datetime(2026, 11, 1, 22, tzinfo=datetime.UTC)


def moment(night: int, minute: int = 0) -> str:
    """When something of a night happened."""
    when = FIRST + datetime.timedelta(days=night, minutes=minute)
    return when.isoformat(timespec="seconds")


def night(number: int = 0, **changes: Any) -> Night:
    """Called N0, N1, ..."""
    fields: dict[str, Any] = {
        "id": f"N{number}",
        "matrix": "m",
        "started_at": moment(number),
        "ended_at": moment(number, 60),
        "cells": (BASE, PATCHED),
    }
    return Night(**(fields | changes))


def attempt(name: str = "A", number: int = 0, cell: CellKey = BASE, **changes: Any) -> Attempt:
    """One that passed in night `number`, with two cases."""
    fields: dict[str, Any] = {
        "id": name,
        "cell": cell,
        "number": 1,
        "started_at": moment(number, 1),
        "verdict": Verdict.PASS,
        "fault": None,
        "kernel_release": "7.3.4",
        "tree_key": "k",
        "host": "h",
        "run_dir": "runs/x",
        "wall_s": 3.25,
        "build_s": None,
        "boot_s": 2.5,
        "headline": "",
        "cases": (CaseRow("s.one", CaseStatus.PASS, 0.125), CaseRow("s.two", CaseStatus.SKIP)),
    }
    return Attempt(**(fields | changes))


def red(name: str = "A", number: int = 0, cell: CellKey = BASE, **changes: Any) -> Attempt:
    """One that failed, and warned."""
    fields: dict[str, Any] = {
        "verdict": Verdict.FAIL,
        "fault": Fault.KERNEL,
        "headline": "WARNING in f",
        "cases": (CaseRow("s.one", CaseStatus.FAIL, 0.5), CaseRow("s.two", CaseStatus.NONE)),
        "signatures": (SignatureRow("bbbbbbbbbbbb", "WARNING in f"), SignatureRow("a" * 12, "x")),
        "titles": ("WARNING in f", "x", "s.one failed"),
    }
    return attempt(name, number, cell, **(fields | changes))

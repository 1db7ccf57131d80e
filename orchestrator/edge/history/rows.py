# SPDX-License-Identifier: GPL-2.0-only
"""Model ↔ rows: texts any database takes, times that can be ordered, and back."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, RowMapping

from orchestrator.edge.history import schema
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.night import Attempt, CaseRow, CellKey, utc
from orchestrator.model.verdict import Fault, Verdict

AXES = ("tree", "patch", "config", "topology", "suites")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_PLAIN = (
    "number",
    "started_at",
    "kernel_release",
    "tree_key",
    "host",
    "run_dir",
    "wall_s",
    "build_s",
    "boot_s",
    "headline",
)


def plain(text: str) -> str:
    """Guests print what they like: bytes that are no UTF-8, and NUL, are told by their number."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def digest(*texts: str) -> str:
    """Finds a row whose texts, plain, are these."""
    return hashlib.sha256("\0".join(map(plain, texts)).encode()).hexdigest()


def axes() -> list[Column[str]]:
    """Columns of the cells' table that name a cell."""
    return [schema.cells.c[axis] for axis in AXES]


def cell_digest(cell: CellKey) -> str:
    """Of the row that holds a cell."""
    return digest(*(getattr(cell, axis) for axis in AXES))


def cell_row(cell: CellKey) -> dict[str, Any]:
    """The row that holds it."""
    return {axis: plain(getattr(cell, axis)) for axis in AXES} | {"digest": cell_digest(cell)}


def cell_of(row: RowMapping) -> CellKey:
    """The cell in a row."""
    return CellKey(**{axis: row[axis] for axis in AXES})


def microseconds(started_at: str) -> int:
    """Since 1970, of a time in ISO 8601; UTC unless it says otherwise."""
    try:
        when = utc(started_at)
    except ValueError as error:
        raise InfrastructureError(f"history: {started_at!r} is no time in ISO 8601") from error
    return (when - _EPOCH) // datetime.timedelta(microseconds=1)


def attempt_row(attempt: Attempt) -> dict[str, Any]:
    """All of an attempt but its id, its cell, and what there are several of."""
    row = {name: getattr(attempt, name) for name in _PLAIN}
    row = {name: plain(value) if isinstance(value, str) else value for name, value in row.items()}
    return row | {
        "started_us": microseconds(attempt.started_at),
        "verdict": attempt.verdict.value,
        "fault": attempt.fault.value if attempt.fault else None,
    }


def attempt_of(row: RowMapping, **several: Any) -> Attempt:
    """The attempt in a row that holds its cell too, with its cases, signatures and titles."""
    return Attempt(
        id=row["uuid"],
        cell=cell_of(row),
        verdict=Verdict(row["verdict"]),
        fault=Fault(row["fault"]) if row["fault"] else None,
        **{name: row[name] for name in _PLAIN},
        **several,
    )


def each_once(cases: Iterable[CaseRow]) -> dict[str, CaseRow]:
    """Cases by their plain names, in order; of those that share one, the worst."""
    kept: dict[str, CaseRow] = {}
    for case in cases:
        name = plain(case.name)
        known = kept.get(name)
        if known is None or case.status.weight > known.status.weight:
            kept[name] = case
    return kept

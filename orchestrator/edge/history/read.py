# SPDX-License-Identifier: GPL-2.0-only
"""Nights and attempts as they were written: a fixed number of queries, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, Subquery, select

from orchestrator.edge.history import schema
from orchestrator.edge.history.rows import attempt_of, axes, cell_digest, cell_of, plain
from orchestrator.model.history import NightRuns
from orchestrator.model.night import Attempt, CaseRow, CaseStatus, CellKey, Night, SignatureRow

_STATUS = {status.value: status for status in CaseStatus}


def latest_nights(
    connection: Connection, matrix: str, limit: int, before: str
) -> tuple[Night, ...]:
    """Newest first. matrix: "" for all. before: the id of a night, or "": only those that began
    before it."""
    table = schema.nights
    query = select(table)
    if matrix:
        query = query.where(table.c.matrix == plain(matrix))
    if before:
        own = select(table.c.started_us).where(table.c.uuid == plain(before))
        query = query.where(table.c.started_us < own.scalar_subquery())
    query = query.order_by(table.c.started_us.desc(), table.c.id.desc()).limit(limit)
    return _nights(connection, query)


def ids_like(connection: Connection, start: str, limit: int) -> tuple[str, ...]:
    """Of nights, newest first."""
    table = schema.nights
    query = select(table.c.uuid).where(table.c.uuid.startswith(plain(start), autoescape=True))
    query = query.order_by(table.c.started_us.desc(), table.c.id.desc()).limit(limit)
    found = tuple(connection.scalars(query))
    return (start,) if start in found else found


def one_night(connection: Connection, night_id: str) -> Night | None:
    """The night of that id."""
    found = _nights(connection, select(schema.nights).where(schema.nights.c.uuid == night_id))
    return found[0] if found else None


def runs_of(connection: Connection, nights: Sequence[Night]) -> tuple[NightRuns, ...]:
    """The nights with their attempts, in the order given."""
    ids = [plain(night.id) for night in nights]
    table = schema.nights
    wanted = (
        select(schema.attempts.c.id)
        .join(table, table.c.id == schema.attempts.c.night_id)
        .where(table.c.uuid.in_(ids))
    )
    made: dict[str, list[Attempt]] = defaultdict(list)
    for night_id, attempt in _attempts(connection, wanted):
        made[night_id].append(attempt)
    return tuple(NightRuns(night, tuple(made[key])) for night, key in zip(nights, ids, strict=True))


def recent_attempts(
    connection: Connection, cell: CellKey, limit: int, bare: bool
) -> tuple[Attempt, ...]:
    """At this cell, in whichever matrix, newest first. bare: without what there are several of."""
    table, cells = schema.attempts, schema.cells
    wanted = (
        select(table.c.id)
        .join(cells, cells.c.id == table.c.cell_id)
        .where(cells.c.digest == cell_digest(cell))
        .order_by(table.c.started_us.desc(), table.c.id.desc())
        .limit(limit)
    )
    return tuple(attempt for _, attempt in reversed(_attempts(connection, wanted, bare)))


def _nights(connection: Connection, query: Select[Any]) -> tuple[Night, ...]:
    rows = connection.execute(query).mappings().all()
    link, table = schema.night_cells, schema.cells
    query = (
        select(link.c.night_id, link.c.not_run, table)
        .join(table, table.c.id == link.c.cell_id)
        .where(link.c.night_id.in_([row["id"] for row in rows]))
        .order_by(link.c.night_id, link.c.position)
    )
    cells: dict[int, list[CellKey]] = defaultdict(list)
    not_run: dict[int, list[CellKey]] = defaultdict(list)
    for each in connection.execute(query).mappings():
        cell = cell_of(each)
        cells[each["night_id"]].append(cell)
        if each["not_run"]:
            not_run[each["night_id"]].append(cell)
    return tuple(
        Night(
            id=row["uuid"],
            matrix=row["matrix"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            cells=tuple(cells[row["id"]]),
            not_run=tuple(not_run[row["id"]]),
        )
        for row in rows
    )


def _attempts(
    connection: Connection, wanted: Select[Any], bare: bool = False
) -> list[tuple[str, Attempt]]:
    """(night's id, attempt), oldest first."""
    table, cells, nights = schema.attempts, schema.cells, schema.nights
    ids = wanted.subquery()
    query = (
        select(table, nights.c.uuid.label("night"), *axes())
        .join(ids, ids.c.id == table.c.id)
        .join(cells, cells.c.id == table.c.cell_id)
        .join(nights, nights.c.id == table.c.night_id)
        .order_by(table.c.started_us, table.c.number, table.c.id)
    )
    rows = connection.execute(query).mappings().all()
    if bare:
        return [(row["night"], attempt_of(row)) for row in rows]
    cases = _cases(connection, ids)
    signatures = _signatures(connection, ids)
    titles = _titles(connection, ids)
    return [
        (
            row["night"],
            attempt_of(
                row,
                cases=tuple(cases[row["id"]]),
                signatures=tuple(signatures[row["id"]]),
                titles=tuple(titles[row["id"]]),
            ),
        )
        for row in rows
    ]


def _cases(connection: Connection, ids: Subquery) -> dict[int, list[CaseRow]]:
    table, tests = schema.results, schema.tests
    used = select(table.c.test_id).join(ids, ids.c.id == table.c.attempt_id).distinct().subquery()
    query = select(tests.c.id, tests.c.name).join(used, used.c.test_id == tests.c.id)
    names = {number: name for number, name in connection.execute(query)}
    of = select(table.c.attempt_id, table.c.test_id, table.c.status, table.c.duration_s)
    of = of.join(ids, ids.c.id == table.c.attempt_id)
    of = of.order_by(table.c.attempt_id, table.c.position)
    found: dict[int, list[CaseRow]] = defaultdict(list)
    for attempt, test, status, took in connection.execute(of):
        found[attempt].append(CaseRow(names[test], _STATUS[status], took))
    return found


def _signatures(connection: Connection, ids: Subquery) -> dict[int, list[SignatureRow]]:
    table, named = schema.sightings, schema.signatures
    query = (
        select(table.c.attempt_id, named.c.signature, named.c.title)
        .join(ids, ids.c.id == table.c.attempt_id)
        .join(named, named.c.id == table.c.signature_id)
        .order_by(table.c.attempt_id, table.c.position)
    )
    found: dict[int, list[SignatureRow]] = defaultdict(list)
    for attempt, signature, title in connection.execute(query):
        found[attempt].append(SignatureRow(signature, title))
    return found


def _titles(connection: Connection, ids: Subquery) -> dict[int, list[str]]:
    table = schema.findings
    query = select(table.c.attempt_id, table.c.title)
    query = query.join(ids, ids.c.id == table.c.attempt_id)
    found: dict[int, list[str]] = defaultdict(list)
    for attempt, title in connection.execute(query.order_by(table.c.attempt_id, table.c.position)):
        found[attempt].append(title)
    return found

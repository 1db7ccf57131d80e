# SPDX-License-Identifier: GPL-2.0-only
"""A night and its attempts are written, by as many at once as like.

What writers share (cells, tests, signatures) is added in one order, the table's and then the
key's, so that two who add the same wait for each other in that order too, and never in a circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, case, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.edge.history import schema
from orchestrator.edge.history.rows import (
    attempt_row,
    cell_digest,
    cell_row,
    digest,
    each_once,
    microseconds,
    plain,
)
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.night import Attempt, Night

_AT_ONCE = 500  # rows of a statement: SQLite takes 32766 values


def put_night(connection: Connection, night: Night) -> None:
    """The night as it is now; an end that was told before stays."""
    cells = {cell_digest(cell): cell for cell in (*night.cells, *night.not_run)}
    ids = _intern(connection, schema.cells, "digest", {k: cell_row(c) for k, c in cells.items()})
    night_id = _put_night_row(connection, night)
    table = schema.night_cells
    connection.execute(delete(table).where(table.c.night_id == night_id))
    left_out = {cell_digest(cell) for cell in night.not_run}
    rows = [
        {"night_id": night_id, "cell_id": ids[key], "position": n, "not_run": key in left_out}
        for n, key in enumerate(cells)
    ]
    _insert(connection, table, rows)


def put_attempts(connection: Connection, night_id: str, attempts: Sequence[Attempt]) -> int:
    """How many of them are new: one whose id is known already is left as it is."""
    table = schema.nights
    night = connection.scalar(select(table.c.id).where(table.c.uuid == plain(night_id)))
    if night is None:
        raise InfrastructureError(f"history: no night {night_id} was begun")
    cells = {cell_digest(one.cell): cell_row(one.cell) for one in attempts}
    cell_ids = _intern(connection, schema.cells, "digest", cells)
    new = _put_attempt_rows(connection, int(night), cell_ids, attempts)
    _put_results(connection, new)
    _put_signatures(connection, new)
    titles = [
        {"attempt_id": row_id, "position": n, "title": plain(title)}
        for row_id, one in new.items()
        for n, title in enumerate(one.titles)
    ]
    _insert(connection, schema.findings, titles)
    return len(new)


def _put_night_row(connection: Connection, night: Night) -> int:
    table = schema.nights
    adding = _adding(connection, table).values(
        uuid=plain(night.id),
        matrix=plain(night.matrix),
        started_at=plain(night.started_at),
        started_us=microseconds(night.started_at),
        ended_at=plain(night.ended_at),
    )
    told = adding.excluded.ended_at
    ended_at = case((told == "", table.c.ended_at), else_=told)
    changed = adding.on_conflict_do_update(index_elements=["uuid"], set_={"ended_at": ended_at})
    return int(connection.execute(changed.returning(table.c.id)).scalar_one())


def _put_attempt_rows(
    connection: Connection, night: int, cells: Mapping[str, int], attempts: Sequence[Attempt]
) -> dict[int, Attempt]:
    table, new = schema.attempts, dict[int, Attempt]()
    ordered = {plain(one.id): one for one in reversed(attempts)}  # of two of one id, the first
    for uuid in sorted(ordered):
        one = ordered[uuid]
        row = {"uuid": uuid, "night_id": night, "cell_id": cells[cell_digest(one.cell)]}
        adding = _adding(connection, table).values(**row, **attempt_row(one))
        adding = adding.on_conflict_do_nothing(index_elements=["uuid"])
        row_id = connection.execute(adding.returning(table.c.id)).scalar()
        if row_id is not None:
            new[int(row_id)] = one
    return new


def _put_results(connection: Connection, new: Mapping[int, Attempt]) -> None:
    cases = {row_id: each_once(one.cases) for row_id, one in new.items()}
    names = {digest(name): name for each in cases.values() for name in each}
    named = {key: {"digest": key, "name": name} for key, name in names.items()}
    ids = _intern(connection, schema.tests, "digest", named)
    by_name = {name: ids[key] for key, name in names.items()}
    rows = [
        {
            "attempt_id": row_id,
            "test_id": by_name[name],
            "position": n,
            "status": one.status.value,
            "duration_s": one.duration_s,
        }
        for row_id, each in cases.items()
        for n, (name, one) in enumerate(each.items())
    ]
    _insert(connection, schema.results, rows)


def _put_signatures(connection: Connection, new: Mapping[int, Attempt]) -> None:
    seen = {
        row_id: {plain(s.signature): plain(s.title) for s in reversed(one.signatures)}
        for row_id, one in new.items()
    }
    titles = {key: title for each in seen.values() for key, title in each.items()}
    named = {key: {"signature": key, "title": title} for key, title in titles.items()}
    ids = _intern(connection, schema.signatures, "signature", named)
    rows = [
        {"attempt_id": row_id, "signature_id": ids[key], "position": n}
        for row_id, each in seen.items()
        for n, key in enumerate(reversed(each))
    ]
    _insert(connection, schema.sightings, rows)


def _intern(
    connection: Connection, table: Table, key: str, rows: Mapping[str, dict[str, Any]]
) -> dict[str, int]:
    """The number of each row, which is added if nobody has yet."""
    column: Column[Any] = table.c[key]
    wanted = sorted(rows)
    ids = _known(connection, table, column, wanted)
    missing = [name for name in wanted if name not in ids]
    for some in _slices(missing):
        adding = _adding(connection, table).values([rows[name] for name in some])
        connection.execute(adding.on_conflict_do_nothing(index_elements=[key]))
    return ids | _known(connection, table, column, missing)


def _known(
    connection: Connection, table: Table, column: Column[Any], wanted: Sequence[str]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _slices(wanted):
        rows = connection.execute(select(column, table.c.id).where(column.in_(some)))
        found |= {str(name): int(number) for name, number in rows}
    return found


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _adding(connection: Connection, table: Table) -> Any:
    """An INSERT that may say what to do if the row is there: each dialect has its own."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def _slices(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[n : n + _AT_ONCE] for n in range(0, len(names), _AT_ONCE)]

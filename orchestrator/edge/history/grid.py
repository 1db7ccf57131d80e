# SPDX-License-Identifier: GPL-2.0-only
"""Many nights in short: a letter for each result, so that 100,000 of them are read in a second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, RowMapping, func, select

from orchestrator.edge.history import schema
from orchestrator.edge.history.rows import attempt_of, axes, cell_of, plain
from orchestrator.model.dashboard import Mark, Past, mixed
from orchestrator.model.night import Attempt, CellKey, Night
from orchestrator.model.verdict import Verdict

# CaseStatus → mark. A test that fails in a run that passed is a known issue.
_MARKS = {"pass": Mark.PASS, "fail": Mark.FAIL, "skip": Mark.SKIP, "none": Mark.NOTHING}
_IN_GREEN = _MARKS | {"fail": Mark.KNOWN}
_GREEN = Verdict.PASS.value
_SAID = tuple(Mark)
# What was said in a night is a set, a bit for each mark, so that no order of rows matters.
_BITS = {
    (status, verdict is Verdict.PASS): 1 << _SAID.index(marks[status])
    for verdict, marks in ((Verdict.PASS, _IN_GREEN), (Verdict.FAIL, _MARKS))
    for status in marks
}
_LETTERS = tuple(
    mixed(mark for bit, mark in enumerate(_SAID) if bits >> bit & 1).value
    for bits in range(1 << len(_SAID))
)


def matrices(connection: Connection) -> tuple[str, ...]:
    """Names of all that have a night, the one with the latest first."""
    table = schema.nights
    query = select(table.c.matrix).group_by(table.c.matrix)
    return tuple(connection.scalars(query.order_by(func.max(table.c.started_us).desc())))


def read_past(connection: Connection, matrix: str, limit: int) -> Past:
    """The latest nights of a matrix, at most so many."""
    table = schema.nights
    query = select(table).where(table.c.matrix == plain(matrix))
    query = query.order_by(table.c.started_us.desc(), table.c.id.desc()).limit(limit)
    rows = tuple(reversed(connection.execute(query).mappings().all()))
    numbers = {row["id"]: place for place, row in enumerate(rows)}
    return Past(
        nights=tuple(_night(row) for row in rows),
        attempts=_attempts(connection, numbers),
        tests=_tests(connection, numbers),
    )


def _night(row: RowMapping) -> Night:
    return Night(row["uuid"], row["matrix"], row["started_at"], row["ended_at"], cells=())


def _attempts(connection: Connection, numbers: dict[int, int]) -> tuple[tuple[Attempt, ...], ...]:
    table, cells = schema.attempts, schema.cells
    query = (
        select(table, *axes())
        .join(cells, cells.c.id == table.c.cell_id)
        .where(table.c.night_id.in_(list(numbers)))
        .order_by(table.c.started_us, table.c.number, table.c.id)
    )
    found: dict[int, list[Attempt]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[numbers[row["night_id"]]].append(attempt_of(row))
    return tuple(tuple(found[place]) for place in range(len(numbers)))


def _tests(connection: Connection, numbers: dict[int, int]) -> dict[tuple[CellKey, str], str]:
    results, attempts, tests = schema.results, schema.attempts, schema.tests
    query = (
        select(
            attempts.c.cell_id,
            results.c.test_id,
            attempts.c.night_id,
            results.c.status,
            attempts.c.verdict,
        )
        .join(attempts, attempts.c.id == results.c.attempt_id)
        .where(attempts.c.night_id.in_(list(numbers)))
    )
    lines = _lines(connection.execute(query), numbers)
    used = select(results.c.test_id).join(attempts, attempts.c.id == results.c.attempt_id)
    used = used.where(attempts.c.night_id.in_(list(numbers))).distinct()
    names = {
        number: name
        for number, name in connection.execute(
            select(tests.c.id, tests.c.name).where(tests.c.id.in_(used))
        )
    }
    cells = {row["id"]: cell_of(row) for row in connection.execute(select(schema.cells)).mappings()}
    return {
        (cells[cell], names[test]): "".join(_LETTERS[bits] for bits in line)
        for (cell, test), line in lines.items()
    }


def _lines(
    rows: Iterable[Sequence[object]], numbers: dict[int, int]
) -> dict[tuple[int, int], list[int]]:
    """(cell, test) → a set of bits a night."""
    nothing = [0] * len(numbers)
    lines: dict[tuple[int, int], list[int]] = {}
    for cell, test, night, status, verdict in rows:
        key = (cell, test)
        line = lines.get(key)  # type: ignore[arg-type]
        if line is None:
            line = lines[key] = nothing.copy()  # type: ignore[index]
        line[numbers[night]] |= _BITS[status, verdict == _GREEN]  # type: ignore[index]
    return lines

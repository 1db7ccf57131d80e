# SPDX-License-Identifier: GPL-2.0-only
"""One thing over many nights: a test's results, the signatures that were seen."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Label, case, func, select

from orchestrator.edge.history import schema
from orchestrator.edge.history.rows import axes, cell_digest, cell_of, digest, plain
from orchestrator.model.history import CaseSeen, SignatureSeen
from orchestrator.model.night import CaseStatus, CellKey
from orchestrator.model.verdict import Verdict


def case_history(
    connection: Connection, name: str, cell: CellKey | None, matrix: str, limit: int
) -> tuple[CaseSeen, ...]:
    """Results of one test, newest first. cell: None for all; matrix: "" for all."""
    results, attempts, cells, nights, tests = (
        schema.results,
        schema.attempts,
        schema.cells,
        schema.nights,
        schema.tests,
    )
    query = (
        select(
            nights.c.uuid.label("night"),
            attempts.c.uuid.label("attempt"),
            *(attempts.c[key] for key in ("number", "started_at", "host", "verdict")),
            results.c.status,
            results.c.duration_s,
            *axes(),
        )
        .select_from(results)
        .join(tests, tests.c.id == results.c.test_id)
        .join(attempts, attempts.c.id == results.c.attempt_id)
        .join(cells, cells.c.id == attempts.c.cell_id)
        .join(nights, nights.c.id == attempts.c.night_id)
        .where(tests.c.digest == digest(name))
        .order_by(attempts.c.started_us.desc(), attempts.c.id.desc())
        .limit(limit)
    )
    if cell:
        query = query.where(cells.c.digest == cell_digest(cell))
    if matrix:
        query = query.where(nights.c.matrix == plain(matrix))
    return tuple(
        CaseSeen(
            night=row["night"],
            attempt=row["attempt"],
            number=row["number"],
            cell=cell_of(row),
            started_at=row["started_at"],
            host=row["host"],
            verdict=Verdict(row["verdict"]),
            status=CaseStatus(row["status"]),
            duration_s=row["duration_s"],
        )
        for row in connection.execute(query).mappings()
    )


def tests(connection: Connection) -> tuple[str, ...]:
    """Names of all."""
    return tuple(sorted(connection.scalars(select(schema.tests.c.name))))


def cells_of(connection: Connection, name: str) -> tuple[CellKey, ...]:
    """That ran this test."""
    results, attempts, cells = schema.results, schema.attempts, schema.cells
    ran = (
        select(attempts.c.cell_id)
        .join(results, results.c.attempt_id == attempts.c.id)
        .join(schema.tests, schema.tests.c.id == results.c.test_id)
        .where(schema.tests.c.digest == digest(name))
    )
    query = select(cells).where(cells.c.id.in_(ran)).order_by(cells.c.id)
    return tuple(cell_of(row) for row in connection.execute(query).mappings())


def verdicts(
    connection: Connection, nights: Sequence[str]
) -> dict[str, dict[CellKey, tuple[Verdict, ...]]]:
    """Id of each night → each cell that was run → what its attempts said, in order."""
    attempts, cells, table = schema.attempts, schema.cells, schema.nights
    query = (
        select(table.c.uuid.label("night"), attempts.c.verdict, *axes())
        .select_from(attempts)
        .join(table, table.c.id == attempts.c.night_id)
        .join(cells, cells.c.id == attempts.c.cell_id)
        .where(table.c.uuid.in_([plain(each) for each in nights]))
        .order_by(attempts.c.started_us, attempts.c.number, attempts.c.id)
    )
    found: dict[str, dict[CellKey, tuple[Verdict, ...]]] = {each: {} for each in nights}
    for row in connection.execute(query).mappings():
        mine, cell = found[row["night"]], cell_of(row)
        mine[cell] = (*mine.get(cell, ()), Verdict(row["verdict"]))
    return found


def signatures_seen(connection: Connection, matrix: str) -> tuple[SignatureSeen, ...]:
    """Each with the first and the last run that showed it, the latest last. matrix: "" for all."""
    sightings, attempts, nights, named = (
        schema.sightings,
        schema.attempts,
        schema.nights,
        schema.signatures,
    )
    mine = sightings.c.signature_id
    in_order = (attempts.c.started_us, attempts.c.id)
    backwards = (attempts.c.started_us.desc(), attempts.c.id.desc())
    seen = (
        select(
            mine,
            attempts.c.cell_id,
            attempts.c.started_at,
            attempts.c.started_us,
            nights.c.uuid.label("night"),
            func.row_number().over(partition_by=mine, order_by=in_order).label("nth"),
            func.row_number().over(partition_by=mine, order_by=backwards).label("nth_last"),
        )
        .join(attempts, attempts.c.id == sightings.c.attempt_id)
        .join(nights, nights.c.id == attempts.c.night_id)
    )
    if matrix:
        seen = seen.where(nights.c.matrix == plain(matrix))
    rows = seen.subquery()

    def end(column: str, nth: str) -> Label[str]:
        """The column of the run whose number that is: all others are NULL, and don't count."""
        return func.max(case((rows.c[nth] == 1, rows.c[column]))).label(f"{nth}_{column}")

    ends = [end(column, nth) for nth in ("nth", "nth_last") for column in ("started_at", "night")]
    runs, cells = func.count(), func.count(rows.c.cell_id.distinct())
    query = (
        select(named.c.signature, named.c.title, *ends, runs, cells)
        .join(rows, rows.c.signature_id == named.c.id)
        .group_by(named.c.id, named.c.signature, named.c.title)
        .order_by(func.max(rows.c.started_us), named.c.signature)
    )
    return tuple(SignatureSeen(*row) for row in connection.execute(query))

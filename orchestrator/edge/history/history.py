# SPDX-License-Identifier: GPL-2.0-only
"""The history as the rest of the program has it: open, tell, ask, close.

Processes and machines may have the same one open, and threads share one History. Whatever goes
wrong is an OrchestrateError of one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from orchestrator.edge.history import grid, over_time, read, write
from orchestrator.edge.history.database import Database
from orchestrator.edge.history.place import history_url
from orchestrator.edge.history.upgrade import upgrade
from orchestrator.model.dashboard import Past
from orchestrator.model.history import CaseSeen, NightRuns, SignatureSeen
from orchestrator.model.night import Attempt, CellKey, Night
from orchestrator.model.verdict import Verdict

RECENT = 20  # attempts at one cell


def open_history(url: str | None = None) -> History:
    """The history at a URL, else in the default file; made, or brought up to date, if need be."""
    database = Database(history_url(url))
    try:
        upgrade(database)
    except BaseException:
        database.close()
        raise
    return History(database)


class History:
    """Nights and attempts in a database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @property
    def name(self) -> str:
        """Where it is, for messages: never with a password."""
        return self.database.name

    def put_night(self, night: Night) -> None:
        """A night as it is now: it begins, goes on, or has ended. Its id says which one."""
        with self.database.writing() as connection:
            write.put_night(connection, night)

    def put_attempts(self, night_id: str, attempts: Sequence[Attempt]) -> int:
        """All of them or, if something fails, none; how many were not known yet by their id."""
        with self.database.writing() as connection:
            return write.put_attempts(connection, night_id, attempts)

    def nights(self, matrix: str, limit: int, before: str = "") -> tuple[Night, ...]:
        """The latest of a matrix ("": of all), newest first. before: that began before the one of
        this id."""
        with self.database.reading() as connection:
            return read.latest_nights(connection, matrix, limit, before)

    def night(self, night_id: str) -> NightRuns | None:
        """One night and all its attempts."""
        with self.database.reading() as connection:
            night = read.one_night(connection, night_id)
            return read.runs_of(connection, (night,))[0] if night else None

    def nights_like(self, start: str, limit: int = 10) -> tuple[str, ...]:
        """Ids of nights that begin like this, newest first; one that is the whole of it alone."""
        with self.database.reading() as connection:
            return read.ids_like(connection, start, limit)

    def verdicts(self, nights: Sequence[Night]) -> dict[str, dict[CellKey, tuple[Verdict, ...]]]:
        """Id of each night → of each of its cells that was run, what its attempts said, in
        order."""
        with self.database.reading() as connection:
            return over_time.verdicts(connection, [night.id for night in nights])

    def runs(self, matrix: str, limit: int, before: str = "") -> tuple[NightRuns, ...]:
        """As nights(), with all attempts: what judge.nights is given."""
        with self.database.reading() as connection:
            found = read.latest_nights(connection, matrix, limit, before)
            return read.runs_of(connection, found)

    def recent(self, cell: CellKey, limit: int = RECENT, bare: bool = False) -> tuple[Attempt, ...]:
        """Attempts at a cell in any night, newest first. bare: without cases, signatures and
        titles, which takes a tenth of the time."""
        with self.database.reading() as connection:
            return read.recent_attempts(connection, cell, limit, bare)

    def case_history(
        self, name: str, cell: CellKey | None = None, matrix: str = "", limit: int = 1000
    ) -> tuple[CaseSeen, ...]:
        """Results of one test, newest first, in one cell or in all."""
        with self.database.reading() as connection:
            return over_time.case_history(connection, name, cell, matrix, limit)

    def tests(self) -> tuple[str, ...]:
        """Names of all tests that were ever run, in alphabetical order."""
        with self.database.reading() as connection:
            return over_time.tests(connection)

    def cells_of(self, name: str) -> tuple[CellKey, ...]:
        """Cells that ran this test."""
        with self.database.reading() as connection:
            return over_time.cells_of(connection, name)

    def signatures(self, matrix: str = "") -> tuple[SignatureSeen, ...]:
        """Every crash, warning and stall: when it was first and last seen, the latest last."""
        with self.database.reading() as connection:
            return over_time.signatures_seen(connection, matrix)

    def matrices(self) -> tuple[str, ...]:
        """Names of those that have nights, the one with the latest first."""
        with self.database.reading() as connection:
            return grid.matrices(connection)

    def past(self, matrix: str, limit: int) -> Past:
        """The latest nights in short, oldest first: as runs(), where results are letters."""
        with self.database.reading() as connection:
            return grid.read_past(connection, matrix, limit)

    def close(self) -> None:
        """Its connections end."""
        self.database.close()

    def __enter__(self) -> History:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

# SPDX-License-Identifier: GPL-2.0-only
"""A database, opened: its engine, its transactions, and its errors in one line."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.edge.history.place import shown
from orchestrator.edge.store import writable
from orchestrator.model.errors import InfrastructureError, UsageError

WAIT_S = 60  # for other writers of the same file
# Of a host that is gone, nothing else would be heard for hours. A URL may say otherwise.
_PATIENCE = {
    "connect_timeout": "15",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",  # ms
}
_WRITES = "orchestrate_writes"


class Database:
    """Threads may share it; each transaction has a connection of its own."""

    def __init__(self, url: URL) -> None:
        self.name = shown(url)
        self.sqlite = url.get_backend_name() == "sqlite"
        if self.sqlite:
            writable(Path(str(url.database)).absolute().parent)
        with self._told():
            self._engine = _engine(url)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of the database, from the first query to the last."""
        with self._told(), self._engine.connect() as plain:
            if not self.sqlite:
                plain = plain.execution_options(isolation_level="REPEATABLE READ")
            with plain.begin():
                yield plain

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """All of it is written, or nothing. SQLite lets one in after the other."""
        with self._told(), self._engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Its connections end."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
            first = said.splitlines()[0]
            raise InfrastructureError(f"history {self.name}: {first}") from error


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": WAIT_S})
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine
    limit = {key: value for key, value in _PATIENCE.items() if key not in url.query}
    try:
        return create_engine(url, connect_args=limit, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"history {shown(url)}: the driver for PostgreSQL is not installed",
            "pip install 'orchestrate[farm]'",
        ) from error


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    # Python's own module would begin transactions late, and none for CREATE TABLE.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _on_begin(connection: Connection) -> None:
    # A writer that reads first would find the file locked, when it comes to write, by another
    # that did the same, and neither could wait for the other.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

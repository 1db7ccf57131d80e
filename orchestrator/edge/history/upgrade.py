# SPDX-License-Identifier: GPL-2.0-only
"""The schema of a history, brought up to date when it is opened.

All migrations that are missing run in one transaction, which is also the lock: SQLite has one
writer, and on PostgreSQL it holds an advisory lock. So whoever comes second finds them done, and
one that is killed, or fails, leaves the schema there was.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from orchestrator.edge.history.database import Database
from orchestrator.edge.history.schema import REVISIONS, VERSION_TABLE
from orchestrator.model.errors import InfrastructureError

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6F72636864  # "orchd": any number that others are unlikely to lock


def upgrade(database: Database, to: str = REVISIONS[-1]) -> None:
    """Up to a revision. InfrastructureError if the schema is newer than this program."""
    with database.reading() as connection:
        if _current(connection, database.name) == to:
            return
    with database.writing() as connection:
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _current(connection, database.name) != to:
            _migrate(connection, to)


def _current(connection: Connection, name: str) -> str:
    """The revision it has, "" for none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return ""
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if found and found not in REVISIONS:
        raise InfrastructureError(
            f"history {name}: its schema is {found}, this orchestrate knows none after "
            f"{REVISIONS[-1]}",
            "use the newer orchestrate that wrote it, or another history",
        )
    return str(found or "")


def _migrate(connection: Connection, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    # The option is read as a template of configparser.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, to)

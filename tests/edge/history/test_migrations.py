# SPDX-License-Identifier: GPL-2.0-only
"""From each schema there ever was to the one of today, with what is in it; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from made_nights import BASE, attempt, night
from old_rows import EXPECTED, ROWS
from sqlalchemy import inspect, text

from orchestrator.edge.history import upgrade as upgrading
from orchestrator.edge.history.database import Database
from orchestrator.edge.history.history import open_history
from orchestrator.edge.history.place import history_url
from orchestrator.edge.history.schema import REVISIONS, VERSION_TABLE, metadata
from orchestrator.edge.history.upgrade import MIGRATIONS, upgrade
from orchestrator.model.errors import InfrastructureError

HEAD = REVISIONS[-1]


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty one, not migrated."""
    opened = Database(history_url(url))
    yield opened
    opened.close()


def execute(database: Database, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


def revision(database: Database) -> str:
    with database.reading() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return ""
        return str(connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")))


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names())


def filled(database: Database, at: str) -> None:
    """A history as that revision would have left it."""
    upgrade(database, at)
    for earlier in REVISIONS[: REVISIONS.index(at) + 1]:
        execute(database, *ROWS[earlier])
    if not database.sqlite:  # rows with numbers of their own don't count for the next one
        for table in ("nights", "cells", "attempts", "tests", "signatures"):
            if table in tables(database):
                number = f"pg_get_serial_sequence('{table}', 'id')"
                execute(database, f"SELECT setval({number}, (SELECT max(id) FROM {table}))")


def test_every_revision_is_listed_and_has_rows() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    assert tuple(script.revision for script in scripts)[::-1] == REVISIONS
    assert set(ROWS) == set(EXPECTED) == set(REVISIONS)


@pytest.mark.parametrize("old", REVISIONS)
def test_what_an_older_history_holds_is_there_at_head(
    database: Database, url: str, old: str
) -> None:
    filled(database, old)
    assert revision(database) == old
    with open_history(url) as history:
        assert history.night("N0") == EXPECTED[old]
        # And it is gone on with: nothing is in the way of the next rows.
        history.put_night(night(1))
        history.put_attempts("N1", (attempt("C", 1),))
        assert [each.id for each in history.recent(BASE)] == ["C", "A"]
        assert history.put_attempts("N0", (attempt("A"),)) == 0
    assert revision(database) == HEAD


@pytest.mark.parametrize("old", ["", *REVISIONS])
def test_migrated_from_anywhere_the_schema_is_the_one_the_queries_mean(
    database: Database, old: str
) -> None:
    if old:
        upgrade(database, old)
    upgrade(database)
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_a_schema_that_differs_is_seen(database: Database) -> None:
    """The test above can go red."""
    upgrade(database)
    execute(database, "DROP INDEX ix_results_test")
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) != []


@pytest.mark.parametrize("old", ["", "0001"])
def test_many_that_open_it_at_once_migrate_it_once(database: Database, url: str, old: str) -> None:
    if old:
        filled(database, old)
    with ThreadPoolExecutor(8) as pool:
        for opened in pool.map(lambda _: open_history(url), range(8)):
            opened.close()
    assert revision(database) == HEAD
    if old:
        with open_history(url) as history:
            assert history.night("N0") == EXPECTED[old]


def test_a_newer_schema_is_refused_and_left_alone(database: Database, url: str) -> None:
    filled(database, HEAD)
    execute(database, f"UPDATE {VERSION_TABLE} SET version_num = '0099'")
    with pytest.raises(InfrastructureError) as refused:
        open_history(url)
    assert refused.value.message == (
        f"history {database.name}: its schema is 0099, this orchestrate knows none after {HEAD}"
    )
    assert "newer orchestrate" in refused.value.hint
    with database.reading() as connection:
        assert connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == "0099"


def test_a_migration_that_fails_leaves_the_schema_there_was(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The second of the two that are missing fails: the first is undone, too."""
    filled(database, "0001")
    before = tables(database)
    execute(database, "CREATE TABLE findings (id INTEGER)")
    with pytest.raises(InfrastructureError, match=r"history .*findings.*already exists"):
        open_history(url)
    assert revision(database) == "0001"
    assert tables(database) == before | {"findings"}, "no signatures, no sightings"
    execute(database, "DROP TABLE findings")
    with open_history(url) as history:
        assert history.night("N0") == EXPECTED["0001"]


def test_one_that_is_up_to_date_opens_without_alembic(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which takes longer to import than all else."""
    open_history(url).close()

    def never(*_: object) -> None:
        raise AssertionError("migrated again")

    monkeypatch.setattr(upgrading, "_migrate", never)
    open_history(url).close()

# SPDX-License-Identifier: GPL-2.0-only
"""Where a history may be, and what is said in one line where it may not, or fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from made_nights import night

from orchestrator.edge.history.history import open_history
from orchestrator.edge.history.place import default_file, history_url, shown
from orchestrator.model.errors import InfrastructureError, UsageError


def test_the_default_is_a_file_of_the_users_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORCHESTRATE_RUNS", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_file() == tmp_path / "orchestrate/history.db"
    with open_history() as history:
        history.put_night(night())
    assert (tmp_path / "orchestrate/history.db").is_file()
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    assert default_file() == tmp_path / "runs/history.db"


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///x.db", "sqlite"),
        ("sqlite+aiosqlite:///x.db", "sqlite"),
        ("postgresql://h/d", "postgresql+psycopg"),
        ("postgres://h/d", "postgresql+psycopg"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg"),
    ],
)
def test_urls_that_name_a_history(given: str, driver: str) -> None:
    assert history_url(given).drivername == driver


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("history.db", "cannot be read"),
        ("postgresql://u:secret@h:port/d", "cannot be read"),
        ("mysql://u:secret@h/d", "no history can be kept in 'mysql'"),
        ("sqlite://", "in memory would be forgotten"),
        ("sqlite:///:memory:", "in memory would be forgotten"),
        ("sqlite:///file:x?mode=memory&uri=true", "in memory would be forgotten"),
        ("postgresql://u:secret@h", "names no database"),
    ],
)
def test_urls_that_name_none(given: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        history_url(given)
    assert "sqlite:////" in refused.value.hint
    assert "secret" not in str(refused.value)


def test_no_message_shows_a_password(tmp_path: Path) -> None:
    url = f"postgresql://me:secret@/d?host={tmp_path}"
    assert "secret" not in shown(history_url(url))
    with pytest.raises(InfrastructureError) as refused:
        open_history(url)
    message = refused.value.message
    assert message.startswith("history postgresql://me:***@/d: ")
    assert "secret" not in message and "\n" not in message


def test_a_password_in_the_query_is_not_shown_either() -> None:
    assert "secret" not in shown(history_url("postgresql://h/d?password=secret"))


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match="driver for PostgreSQL") as refused:
        open_history("postgresql://h/d")
    assert "orchestrate[farm]" in refused.value.hint


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    content = b"no database, but long enough to be one" * 100
    path = tmp_path / "history.db"
    path.write_bytes(content)
    with pytest.raises(InfrastructureError) as refused:
        open_history(f"sqlite:///{path}")
    assert refused.value.message == f"history {path}: file is not a database"
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InfrastructureError, match="cannot make"):
        open_history(f"sqlite:///{tmp_path}/file/sub/history.db")


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="unable to open database file"):
        open_history(f"sqlite:///{tmp_path}")

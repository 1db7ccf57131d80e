# SPDX-License-Identifier: GPL-2.0-only
"""A history that goes away in the middle of a night: nothing is lost, and nothing told twice."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
from made_nights import BASE, PATCHED, attempt, moment, night, red

from orchestrator.edge import night_files
from orchestrator.edge.history import database
from orchestrator.edge.history.history import History, open_history
from orchestrator.edge.history.memory import HistoryMemory
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.history import NightRuns
from orchestrator.model.night import CellKey
from orchestrator.workflow.night_deliver import deliver, deliver_all
from orchestrator.workflow.night_memory import Kept

UNDER_WAY = night(ended_at="")
FOUR = tuple(red(name, started_at=moment(0, n)) for n, name in enumerate("ABCD"))


@pytest.fixture
def own() -> Iterator[postgres.Server]:
    """A server that may be killed."""
    if not postgres.installed():
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    with postgres.server() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the night."""
    made = tmp_path / "runs/night-1"
    made.mkdir(parents=True)
    return made


def kept(history: History, folder: Path, said: list[str]) -> Kept:
    return Kept(HistoryMemory(history), folder, said.append)


def test_postgresql_is_killed_and_the_next_night_tells_it_all(
    own: postgres.Server, folder: Path
) -> None:
    url, said = own.new_database(), list[str]()
    with open_history(url) as history:
        memory = kept(history, folder, said)
        memory.begin(UNDER_WAY)
        memory.note(FOUR[0])
        own.kill()
        for one in FOUR[1:]:
            memory.note(one)
        memory.end(night())
    assert len(said) == 2, said
    assert f"results are kept in {folder}" in said[0]
    assert f"nightly import {folder}" in said[1]
    assert all("\n" not in line for line in said)
    with pytest.raises(InfrastructureError):
        open_history(url)
    own.start()
    with open_history(url) as history:
        assert history.night("N0") == NightRuns(UNDER_WAY, FOUR[:1]), "what it knew before"
        told: list[str] = []
        deliver_all(history, folder.parent, told.append)
        assert history.night("N0") == NightRuns(night(), FOUR)
        assert len(told) == 1 and f"3 results more from {folder}" in told[0]
        deliver_all(history, folder.parent, told.append)
        assert len(told) == 1, "once"


def test_postgresql_that_is_there_again_before_the_night_ends(
    own: postgres.Server, folder: Path
) -> None:
    said: list[str] = []
    with open_history(own.new_database()) as history:
        memory = kept(history, folder, said)
        memory.begin(UNDER_WAY)
        memory.note(FOUR[0])
        own.kill()
        memory.note(FOUR[1])
        own.start()
        memory.note(FOUR[2])
        before = history.night("N0")
        assert before and before.attempts == FOUR[:1], "it is left alone until the end"
        memory.note(FOUR[3])
        memory.end(night())
        assert history.night("N0") == NightRuns(night(), FOUR)
    assert "there again" in said[-1] and len(said) == 2
    assert not night_files.is_put_off(folder)


def test_postgresql_that_is_gone_at_the_very_end(own: postgres.Server, folder: Path) -> None:
    said: list[str] = []
    url = own.new_database()
    with open_history(url) as history:
        memory = kept(history, folder, said)
        memory.begin(UNDER_WAY)
        memory.note(FOUR[0])
        own.kill()
        memory.end(night())
    assert night_files.is_put_off(folder)
    own.start()
    with open_history(url) as history:
        assert deliver(history, folder).new == 0
        found = history.night("N0")
        assert found and found.night.ended_at
    assert not night_files.is_put_off(folder)


def test_a_file_that_somebody_keeps_locked(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.2)
    said: list[str] = []
    with open_history(f"sqlite:///{tmp_path}/history.db") as history:
        memory = kept(history, folder, said)
        memory.begin(UNDER_WAY)
        other = sqlite3.connect(tmp_path / "history.db")
        other.execute("BEGIN EXCLUSIVE")
        memory.note(FOUR[0])
        memory.note(FOUR[1])
        assert len(said) == 1 and "locked" in said[0]
        other.rollback()
        other.close()
        memory.end(night())
        assert history.night("N0") == NightRuns(night(), FOUR[:2])


def test_the_night_that_was_lost_may_have_been_another_histories(
    url: str, tmp_path: Path, folder: Path
) -> None:
    night_files.put_night(folder, night())
    night_files.put_off(folder, "postgresql://elsewhere/h")
    with open_history(url) as history:
        deliver_all(history, folder.parent, pytest.fail)
        assert history.night("N0") is None
        deliver_all(history, tmp_path / "none", pytest.fail)


def test_a_folder_is_told_to_any_history_and_twice(history: History, folder: Path) -> None:
    night_files.put_night(folder, night())
    for one in FOUR:
        night_files.note(folder / night_files.ATTEMPTS, one)
    assert deliver(history, folder).new == 4
    assert deliver(history, folder).new == 0
    assert history.night("N0") == NightRuns(night(), FOUR)


def test_a_folder_that_holds_no_night(history: History, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no night"):
        deliver(history, tmp_path)
    (tmp_path / "begun.json").write_text("{")
    with pytest.raises(UsageError, match="holds no night"):
        deliver(history, tmp_path)
    with pytest.raises(UsageError, match="holds no night"):
        deliver(history, tmp_path / "none")


def test_what_a_guest_printed_is_kept_in_the_folder_as_in_the_history(
    history: History, folder: Path
) -> None:
    """Bytes that are no UTF-8 come as surrogates, which JSON cannot have."""
    cell = CellKey("t\udcff", "", "c", "n")
    night_files.put_night(folder, night(cells=(cell,)))
    odd = red("A", cell=cell, headline='\udc80 \\ "\n\0', titles=("\ud83d",))
    night_files.note(folder / night_files.ATTEMPTS, odd)
    deliver(history, folder)
    found = history.night("N0")
    assert found and found.attempts[0].headline == '\\udc80 \\ "\n\\x00'
    assert found.attempts[0].titles == ("\\ud83d",)


def test_called_from_several_threads_one_at_a_time(history: History, folder: Path) -> None:
    """As a night does: SQLite's connections belong to the thread that opened them."""
    said: list[str] = []
    memory, lock = kept(history, folder, said), threading.Lock()
    memory.begin(UNDER_WAY)

    def work(name: str, cell: CellKey) -> None:
        for n in range(10):
            with lock:
                memory.recent(cell)
                memory.note(attempt(f"{name}{n}", cell=cell))

    threads = [
        threading.Thread(target=work, args=(name, cell))
        for name, cell in (("a", BASE), ("b", PATCHED), ("c", BASE))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    memory.end(night())
    found = history.night("N0")
    assert found and len(found.attempts) == 30
    assert said == []

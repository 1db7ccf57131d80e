# SPDX-License-Identifier: GPL-2.0-only
"""A night's files: attempts by line, and the journal, after an end in any place."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.edge.night_files import Begun, NightJournal, attempts, night_journal, note
from orchestrator.edge.store import Store
from orchestrator.model.night import Attempt, CaseRow, CaseStatus, CellKey, SignatureRow
from orchestrator.model.verdict import Fault, Verdict

CELL = CellKey("mine", "fix", "numa", "numa4", "create")
FULL = Attempt(
    id="1",
    cell=CELL,
    number=1,
    started_at="2026-11-25T22:00:00+00:00",
    verdict=Verdict.CRASH,
    fault=Fault.KERNEL,
    kernel_release="7.3.4",
    tree_key="archive-1+2",
    host="host",
    run_dir="/runs/1",
    wall_s=5.5,
    build_s=2.25,
    boot_s=None,
    headline='"]}\n{"id": "x"}',
    cases=(CaseRow("s.c", CaseStatus.NONE, 0.5),),
    signatures=(SignatureRow("0123456789ab", "oops \x1b[2J"),),
    titles=("oops",),
)
BEGUN = Begun("night", FULL.started_at, "/runs/night-1")


def test_attempts_come_back_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "attempts.jsonl"
    other = replace(FULL, id="2", verdict=Verdict.PASS, fault=None)
    note(file, FULL)
    note(file, other)
    assert list(attempts(file)) == [FULL, other]
    assert not list(attempts(tmp_path / "no such file"))


def test_attempts_cut_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "attempts.jsonl"
    note(file, FULL)
    note(file, replace(FULL, id="2"))
    data = file.read_bytes()
    for size in range(0, len(data), 7):
        file.write_bytes(data[:size])
        note(file, replace(FULL, id="3"))
        ids = [each.id for each in attempts(file)]
        assert ids in (["3"], ["1", "3"], ["1", "2", "3"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of a night that was interrupted: one cell is finished, one to be tried again."""
    kept = NightJournal(tmp_path / "journal")
    assert kept.begun is None and not kept.ended
    kept.begin(BEGUN)
    kept.end("a", (FULL,), False)
    kept.end("a", (FULL, replace(FULL, id="2", number=2)), True)
    kept.end("b", (FULL,), False)
    return kept.path


def test_the_latest_of_each_cell_counts(file: Path) -> None:
    again = NightJournal(file)
    assert again.begun == BEGUN
    assert {key: (len(row.attempts), row.finished) for key, row in again.ended.items()} == {
        "a": (2, True),
        "b": (1, False),
    }


def test_cut_anywhere_it_tells_no_more_than_was_done(file: Path) -> None:
    whole = NightJournal(file).ended
    data = file.read_bytes()
    for size in range(0, len(data), 11):
        file.write_bytes(data[:size])
        kept = NightJournal(file)
        assert kept.begun in (None, BEGUN)
        for key, row in kept.ended.items():
            assert row.attempts == whole[key].attempts[: len(row.attempts)]
        kept.end("c", (FULL,), True)
        assert NightJournal(file).ended == {**kept.ended, "c": NightJournal(file).ended["c"]}


def test_a_night_that_goes_on_in_another_folder_keeps_what_is_done(file: Path) -> None:
    kept = NightJournal(file)
    kept.begin(replace(BEGUN, folder="/elsewhere"))
    again = NightJournal(file)
    assert again.begun and again.begun.folder == "/elsewhere"
    assert again.ended == kept.ended and again.ended
    again.begin(again.begun)
    assert NightJournal(file).ended == again.ended
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_same_matrix_twice_at_a_time_shares_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    store = Store(tmp_path / "cache")
    with night_journal("key", store, fresh=False) as first:
        assert first
        first.begin(BEGUN)
        with night_journal("key", store, fresh=False) as second:
            assert second is None
    with night_journal("key", store, fresh=False) as later:
        assert later and later.begun == BEGUN
    with night_journal("key", store, fresh=True) as afresh:
        assert afresh and afresh.begun is None
        afresh.begin(BEGUN)
        afresh.close()
    assert not list((tmp_path / "runs").iterdir())

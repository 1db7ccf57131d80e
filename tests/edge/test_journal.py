# SPDX-License-Identifier: GPL-2.0-only
"""The journal of a series: what it tells after an end in any place."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge.journal import Journal, journal
from orchestrator.edge.store import Store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Of a series whose third step had begun."""
    kept = Journal(tmp_path / "journal")
    for number in (0, 1):
        kept.begin(number, None)
        kept.end(number, tmp_path / f"run-{number}")
    kept.begin(2, tmp_path / "asked" / "0002")
    return kept.path


def test_it_tells_what_was_begun_and_done(file: Path, tmp_path: Path) -> None:
    again = Journal(file)
    assert again.done == {0: tmp_path / "run-0", 1: tmp_path / "run-1"}
    assert again.begun[2] == tmp_path / "asked" / "0002"


def test_cut_anywhere_it_tells_no_more_than_was_done(file: Path, tmp_path: Path) -> None:
    whole = Journal(file).done
    data = file.read_bytes()
    for size in range(len(data)):
        file.write_bytes(data[:size])
        kept = Journal(file)
        assert kept.done.items() <= whole.items()
        kept.end(7, tmp_path / "run-7")
        assert Journal(file).done == {**kept.done, 7: tmp_path / "run-7"}


def test_the_same_series_twice_at_a_time_shares_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    store = Store(tmp_path / "cache")
    with journal("key", store, fresh=False) as first:
        assert first
        first.end(0, tmp_path)
        with journal("key", store, fresh=False) as second:
            assert second is None
        with journal("other", store, fresh=False) as other:
            assert other and not other.done
    with journal("key", store, fresh=False) as later:
        assert later and later.done == {0: tmp_path}
    with journal("key", store, fresh=True) as afresh:
        assert afresh and not afresh.done


def test_one_that_ended_leaves_nothing(file: Path) -> None:
    Journal(file).close()
    assert not file.exists()

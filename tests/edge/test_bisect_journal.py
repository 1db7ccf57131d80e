# SPDX-License-Identifier: GPL-2.0-only
"""What was built and run is there again after kill -9, and only for the same bisect."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge.bisect_journal import BisectJournal, bisect_journal
from orchestrator.edge.store import Store
from orchestrator.model.bisect import Built, Outcome, Trial
from orchestrator.model.verdict import EvidenceLine

BUILT = Built(3, "abc", 1.5, run_dir="/r/3")
TRIAL = Trial(
    3, Outcome.BAD, "/r/3/run-1", "x\n\udcff", "crash", ("s",), (EvidenceLine("f", 1, "t"),)
)


@pytest.fixture(autouse=True)
def _runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))


def test_it_is_read_as_it_was_written_but_for_a_line_that_was_cut(
    tmp_path: Path, store: Store
) -> None:
    with bisect_journal("k", store, fresh=False) as kept:
        assert kept and kept.folder is None and kept.events == []
        kept.start(tmp_path / "folder")
        kept.add(BUILT)
        kept.add(TRIAL)
    with kept.path.open("a") as file:
        file.write('["trial", {"node": 3, "outc')
    again = BisectJournal(kept.path)
    assert (again.folder, again.events) == (tmp_path / "folder", [BUILT, TRIAL])
    again.add(BUILT)
    assert BisectJournal(kept.path).events == [BUILT, TRIAL, BUILT]
    again.close()
    assert BisectJournal(kept.path).events == []


def test_fresh_forgets_and_another_key_is_another_bisect(tmp_path: Path, store: Store) -> None:
    with bisect_journal("k", store, fresh=False) as kept:
        assert kept
        kept.start(tmp_path)
        kept.add(BUILT)
    with bisect_journal("other", store, fresh=False) as other:
        assert other and other.events == []
    with bisect_journal("k", store, fresh=True) as fresh:
        assert fresh and fresh.events == [] and fresh.folder is None


def test_two_at_a_time_do_not_share_it(store: Store) -> None:
    with bisect_journal("k", store, fresh=False) as one:
        assert one
        with bisect_journal("k", store, fresh=False) as two:
            assert two is None


def test_rubbish_is_no_event(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text('[]\n{}\n["trial", 3]\n["other", {}]\n["built", {"node": "x"}]\nnonsense\n')
    assert BisectJournal(path).events == []

# SPDX-License-Identifier: GPL-2.0-only
"""What presubmits remember of a tree, whatever ended them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge.presubmit_memory import KEPT, memory
from orchestrator.edge.store import Store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    return Store(tmp_path / "cache")


def test_it_remembers_by_tree(store: Store, tmp_path: Path) -> None:
    with memory(tmp_path / "a", store, fresh=False) as kept:
        kept.prove("k", tmp_path / "run")
        kept.learn("build", 3.25)
    with memory(tmp_path / "a", store, fresh=False) as kept:
        assert kept.proven == {"k": tmp_path / "run"} and kept.took == [("build", 3.25)]
    with memory(tmp_path / "b", store, fresh=False) as kept:
        assert kept.proven == {} and kept.took == []
    with memory(tmp_path / "a", store, fresh=True) as kept:
        assert kept.proven == {}
    with memory(tmp_path / "a", store, fresh=False) as kept:
        assert kept.proven == {}


def test_a_second_one_remembers_nothing(store: Store, tmp_path: Path) -> None:
    with memory(tmp_path / "a", store, fresh=False) as first:
        first.prove("k", tmp_path)
        with memory(tmp_path / "a", store, fresh=False) as second:
            assert second.proven == {}
            second.prove("other", tmp_path)
    with memory(tmp_path / "a", store, fresh=False) as kept:
        assert set(kept.proven) == {"k"}


@pytest.mark.parametrize(
    "rest", ['["proven", "x", "/r', '"text"', "[1, 2]", '["took", "build", null]', "{}", "\x00"]
)
def test_a_line_that_was_cut(store: Store, tmp_path: Path, rest: str) -> None:
    with memory(tmp_path / "a", store, fresh=False) as kept:
        kept.prove("k", tmp_path)
    (file,) = (tmp_path / "runs").glob(".presubmit-*")
    with file.open("a") as stream:
        stream.write(rest)
    with memory(tmp_path / "a", store, fresh=False) as kept:
        assert set(kept.proven) == {"k"} and kept.took == []
        kept.learn("build", 1.0)
    with memory(tmp_path / "a", store, fresh=False) as kept:
        assert kept.took == [("build", 1.0)]


def test_it_does_not_grow_for_ever(store: Store, tmp_path: Path) -> None:
    with memory(tmp_path / "a", store, fresh=False) as kept:
        for number in range(2 * KEPT + 1):
            kept.learn("build", float(number))
    with memory(tmp_path / "a", store, fresh=False) as kept:
        assert len(kept.took) == KEPT and kept.took[-1] == ("build", 2.0 * KEPT)

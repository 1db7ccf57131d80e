# SPDX-License-Identifier: GPL-2.0-only
"""Noise of base that is remembered from one comparison to the next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator.edge.noise import KEPT, earlier, remember
from orchestrator.edge.store import Store
from orchestrator.model.compare import Key, Kind

ONE, TWO = Key(Kind.TRACE, "s.c", "case: event"), Key(Kind.LOG, "", "héllo \x1b N")


def test_what_is_remembered_comes_back(store: Store) -> None:
    assert earlier(store, "name") == []
    remember(store, "name", [{ONE: "a", TWO: "b"}, {}])
    remember(store, "name", [{ONE: "c"}])
    assert earlier(store, "name") == [{ONE: "a", TWO: "b"}, {}, {ONE: "c"}]
    assert earlier(store, "other") == []


def test_only_the_newest_are_kept(store: Store) -> None:
    for number in range(KEPT + 5):
        remember(store, "name", [{ONE: str(number)}])
    kept = [run[ONE] for run in earlier(store, "name")]
    assert kept == [str(number) for number in range(5, KEPT + 5)]


def test_two_at_once_lose_nothing(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: remember(store, "name", [{ONE: str(n)}]), range(12)))
    assert sorted(int(run[ONE]) for run in earlier(store, "name")) == list(range(12))
    assert [path.name for path in store.folder("noise").glob("*.partial")] == []


@pytest.mark.parametrize(
    "data", [b"", b"[", b"{}", b'[[["nonsense","a","b","c"]]]', b'[[["trace","a"]]]', b"\xff"]
)
def test_a_damaged_file_is_forgotten(store: Store, data: bytes) -> None:
    remember(store, "name", [{ONE: "a"}])
    (store.folder("noise") / "name.json").write_bytes(data)
    assert earlier(store, "name") == []
    remember(store, "name", [{ONE: "b"}])
    assert earlier(store, "name") == [{ONE: "b"}]


def test_bytes_that_are_no_text_do_not_end_a_comparison(store: Store) -> None:
    remember(store, "name", [{Key(Kind.LOG, "", "a\udcff"): "a"}])

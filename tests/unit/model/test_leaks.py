# SPDX-License-Identifier: GPL-2.0-only
"""How a leak is named; words of a comparison and their exit codes."""

from __future__ import annotations

import pytest

from orchestrator.model.compare import HARD, SOFT, Kind, Word
from orchestrator.model.evidence import Leak
from orchestrator.model.leaks import allocator, leak_place


@pytest.mark.parametrize(
    ("backtrace", "name"),
    [
        (("kmemleak_alloc", "__kmalloc_cache_noprof", "kthread_create", "kthread"),
         "kthread_create"),
        (("kmemleak_alloc", "kmem_cache_alloc_node_noprof", "copy_process.isra.0"), "copy_process"),
        (("kmemleak_alloc_percpu", "pcpu_alloc_noprof", "f"), "f"),
        (("f",), "f"),
        (("kmemleak_alloc", "kmalloc_trace"), "?"),
        ((), "?"),
    ],
)  # fmt: skip
def test_allocator(backtrace: tuple[str, ...], name: str) -> None:
    assert allocator(backtrace) == name


@pytest.mark.parametrize(
    ("suite", "case", "place"),
    [("s", "c", "s.c"), ("s", "", "s"), ("", "", "task orch_victim")],
)
def test_place(suite: str, case: str, place: str) -> None:
    assert leak_place(Leak(8, "orch_victim", 1, 1, (), 1, suite, case)) == place


def test_exit_codes() -> None:
    assert {word.value: word.exit_code for word in Word} == {
        "same": 0,
        "differs": 1,
        "broken": 1,
        "unsure": 1,
        "infrastructure": 3,
    }


def test_a_kind_is_hard_or_soft_or_measured() -> None:
    assert not HARD & SOFT
    assert set(Kind) - HARD - SOFT == {Kind.SLOW, Kind.WARNING}

# SPDX-License-Identifier: GPL-2.0-only
"""Counts as the kernel's parser has them; tests/corpus/ktap_score.py compares with itself."""

from __future__ import annotations

from random import Random

import ktap_logs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import PREFIXES, RELAXED, golden

from orchestrator.model.evidence import KtapCounts
from orchestrator.parse.ktap import parse_ktap
from orchestrator.parse.ktap_kernel import KernelReading, read_as_kernel
from orchestrator.parse.ktap_lines import segments
from orchestrator.parse.ktap_tree import Status

SEEDS = st.integers(0, 10**9)


def read(text: str) -> KernelReading:
    return read_as_kernel(text.splitlines())


def counts(text: str) -> tuple[int, int, int, int, int]:
    found = read(text).counts
    return found.passed, found.failed, found.skipped, found.crashed, found.errors


@RELAXED
@given(SEEDS)
def test_sound_logs_count_their_leaves(seed: int) -> None:
    random = Random(seed)
    tests = ktap_logs.tree(random, random.randint(0, 3))
    lines = ktap_logs.sound(random, tests)
    for stamp in PREFIXES:
        reading = read_as_kernel([stamp + line + "\r\n" for line in lines])
        assert reading.counts == KtapCounts(*ktap_logs.expected(tests))
        assert [test.name for test in reading.tests] == [test.name for test in tests]
    assert parse_ktap(lines).counts == reading.counts  # the strict reading agrees


@RELAXED
@given(SEEDS)
def test_a_lost_result_is_never_quiet(seed: int) -> None:
    random = Random(seed)
    lines = ktap_logs.sound(random, ktap_logs.tree(random))
    results = [at for at, line in enumerate(lines) if "ok " in line[:20]]
    at = random.choice(results)
    cut = read_as_kernel(lines[:at])
    assert cut.counts.crashed or cut.counts.errors


@RELAXED
@given(SEEDS)
def test_damage_survives(seed: int) -> None:
    random = Random(seed)
    lines = ktap_logs.broken(random, ktap_logs.sound(random, ktap_logs.tree(random)))
    reading = read_as_kernel(lines)
    assert reading.counts.errors == len(reading.errors)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (0, 0, 0, 0, 1)),
        ("KTAP version 1", (0, 0, 0, 0, 1)),
        ("KTAP version 1\n1..0 # SKIP nothing here", (0, 0, 0, 0, 1)),
        ("KTAP version 1\n1..2\nok 1 a", (1, 0, 0, 1, 1)),
        ("KTAP version 1\nok 1 a\nok 2 b", (2, 0, 0, 0, 0)),
        ("KTAP version 2\n1..1\nok 1 a", (1, 0, 0, 0, 1)),
        ("TAP version 12\n1..1\nok 1 a", (1, 0, 0, 0, 1)),
        ("KTAP version 1\n1..1\nok 2 a", (1, 0, 0, 0, 1)),
        ("KTAP version 1\n1..1\nok 1 a # skip small", (1, 0, 0, 0, 0)),
        ("KTAP version 1\n1..1\nnot ok 1 a # SKIP big", (0, 0, 1, 0, 0)),
        ("KTAP version 1\n1..1\nnot ok 1 a # TODO", (0, 1, 0, 0, 0)),
        ("KTAP version 1\n1..1\nok 1 a#b\nok 1 c", (1, 0, 0, 0, 0)),
        # more than planned: the suite's result is missed, its last test becomes the next one
        ("TAP version 14\n1..1\n # Subtest: s\n 1..1\n ok 1 a\n ok 2 b\nok 1 s", (1, 0, 0, 0, 1)),
        ("TAP version 14\n1..1\n # Subtest: s\n 1..1\n ok 1 a\nnot ok 1 s", (1, 1, 0, 0, 0)),
        ("TAP version 14\n1..1\n # Subtest: s\n 1..2\n ok 1 a\nok 1 s", (1, 0, 0, 1, 1)),
        ("TAP version 14\n1..1\n # Subtest: s\n 1..0\nok 1 s", (0, 0, 0, 1, 1)),
        ("TAP version 14\n1..1\n # Subtest: s\n ok 1 a", (1, 0, 0, 0, 1)),
        ("# Subtest: s\n1..1\nok 1 a\nok 1 s", (0, 0, 0, 0, 1)),
        # nothing of a panic counts, and a stamped document has stamped lines
        ("KTAP version 1\n1..2\nok 1 a\nreboot: System halted\nok 2 b", (1, 0, 0, 1, 1)),
        ("[    1.000000] KTAP version 1\n[    1.000000] 1..1\nok 1 a", (0, 0, 0, 1, 1)),
        ("KTAP version 1\n1..1\n[    1.000000] ok 1 a", (0, 0, 0, 1, 1)),
    ],
)
def test_odd_documents(text: str, expected: tuple[int, int, int, int, int]) -> None:
    assert counts(text) == expected


def test_documents_after_the_first_are_read() -> None:
    text = "KTAP version 1\n1..1\nok 1 a\nok 2 stray\nKTAP version 1\n1..1\nnot ok 1 b"
    reading = read(text)
    assert [document.line for document in reading.documents] == [1, 5]
    assert reading.counts == KtapCounts(passed=1, failed=1)
    assert reading.unread == 1


def test_a_stamp_may_grow() -> None:
    text = "[99999.000000] KTAP version 1\n[100000.000000] 1..1\n[100000.000000] ok 1 a"
    assert read(text).counts == KtapCounts(passed=1)


def test_the_tree_of_a_module() -> None:
    (suite,) = read_as_kernel(golden("ktap_module_7.3.log")).tests
    assert (suite.name, suite.result, suite.planned) == ("orch_create", Status.FAILED, 4)
    assert [test.result.value for test in suite.tests] == ["passed", "passed", "skipped", "failed"]
    assert [test.name for test in suite.tests[0].tests] == ["node 0", "node 1"]


def test_promises_and_depth_are_bounded() -> None:
    assert read("KTAP version 1\n1..99999999999999999999999\nok 1 a").counts.crashed == 1000
    deep = [f"{' ' * n}KTAP version 1" for n in range(3000)]
    reading = read_as_kernel(deep)
    assert (reading.counts.crashed, reading.counts.errors) == (1, 2999)
    assert msgspec.json.encode(reading)
    assert parse_ktap(deep).counts.errors > 0
    assert read(f"KTAP version 1\n1..1\nok {'9' * 10_000} a").counts.errors == 1


@pytest.mark.parametrize("unit", ["ok 1 a # SKIP ", "    ", "TAP version 1", "# Subtest: ", "1.."])
def test_a_long_line_is_one_token(unit: str) -> None:
    lines = ["KTAP version 1", unit * 20_000]
    assert sum(len(tokens) for tokens in segments(lines)) == 2


@RELAXED
@given(st.lists(st.binary()))
def test_any_bytes_survive(raw: list[bytes]) -> None:
    assert read_as_kernel([line.decode(errors="replace") for line in raw]).errors

# SPDX-License-Identifier: GPL-2.0-only
"""What the fuzzer once broke stays mended, golden files hold for every parser, and no parser
takes more than its share of time on long input (tests/fuzz)."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import RELAXED

sys.path.insert(0, str(Path(__file__).parents[2] / "fuzz"))

import targets

FINDINGS = sorted(targets.FINDINGS.glob("*-*"))
# Twice the input may take twice the time, and noise; a quadratic parser takes four times.
DOUBLING = 3.0
BASE = 6_000  # bytes
UNITS = (
    b" ", b"a", b"-", b"-1 ", b"[", b"[0] ", b"=", b"a=", b" a=b", b"ok 1 ", b"# ", b" # SKIP",
    b"KTAP version 1", b"1", b"=>", b" => a", b"\\x0a", b"(", b"<", b"0x", b"a.b ", b"+0x1/0x2 ",
    b"ok 1 a\n", b"    # Subtest: s\n", b" KTAP version 1\n", b" => f\n", b"\n", b"1..9\n",
    b"BUG: x\n", b"------------[ cut here ]------------\n", b" f+0x1/0x2\n", b"6,1,1,-;a\n",
    b"           task-1       [000] .....     1.0: e: a=1 b=2\n", b" 0)               |  f() {\n",
)  # fmt: skip


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.name)
def test_a_finding_stays_mended(path: Path) -> None:
    name = path.name.split("-")[0]
    targets.PARSERS[name](path.read_bytes())


@pytest.mark.parametrize("name", targets.PARSERS)
def test_golden_files_hold_for_every_parser(name: str) -> None:
    for seed in targets.seeds():
        targets.PARSERS[name](seed.read_bytes())


@pytest.mark.parametrize("name", targets.PARSERS)
def test_any_bytes_hold(name: str) -> None:
    words = (Path(targets.__file__).with_name("words.dict")).read_text().splitlines()[1:]
    known = [word.strip('"').encode().decode("unicode_escape").encode() for word in words]
    pieces = st.lists(st.one_of(st.sampled_from(known), st.binary(max_size=8)), max_size=30)

    @RELAXED
    @given(pieces)
    def holds(parts: list[bytes]) -> None:
        targets.PARSERS[name](b"".join(parts))

    holds()


@pytest.mark.parametrize("name", targets.PARSERS)
def test_time_grows_with_length_only(name: str) -> None:
    slow = [unit for unit in UNITS if superlinear(targets.PARSERS[name], unit)]
    assert slow == []


def test_a_quadratic_parser_is_found() -> None:
    def quadratic(data: bytes) -> None:
        for _ in range(len(data) // 10):
            data.count(b"\0\1")

    assert superlinear(quadratic, b"a")


def superlinear(parser: targets.Parser, unit: bytes) -> bool:
    """Does doubling long input multiply the CPU time by more than DOUBLING? The least of a few
    runs is compared, again and longer if it looks bad, so that a busy machine is no finding."""
    count = BASE // len(unit)
    for _attempt in range(3):
        once, twice = _cpu_s(parser, unit * count), _cpu_s(parser, unit * (2 * count))
        if twice < 0.01 or twice <= DOUBLING * once:
            return False
        count *= 2
    return True


def _cpu_s(parser: targets.Parser, data: bytes) -> float:
    runs = []
    for _ in range(3):
        start = time.process_time()
        parser(data)
        runs.append(time.process_time() - start)
    return min(runs)

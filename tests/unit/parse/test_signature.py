# SPDX-License-Identifier: GPL-2.0-only
"""One signature for a crash whatever the run and the build; another for another crash."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parse_golden import golden

from orchestrator.model.evidence import Splat
from orchestrator.model.signature import fingerprint, plain_symbol, stable_text
from orchestrator.parse.prefix import strip_prefix
from orchestrator.parse.signature import Signature, signature
from orchestrator.parse.splats import parse_splats

LOGS = ["splat_warning_7.3", "splat_null_deref_panic", "splat_rcu_stall", "splat_deadlock"]


def lines_of(name: str) -> list[str]:
    return [strip_prefix(line) for line in golden(f"{name}.log")]


def only(lines: list[str]) -> Splat:
    return parse_splats(lines)[0]


def sign(lines: list[str]) -> Signature:
    return signature(only(lines))


@st.composite
def other_boots(draw: st.DrawFn) -> random.Random:
    return random.Random(draw(st.integers(0, 1 << 32)))


def elsewhere(lines: list[str], dice: random.Random) -> list[str]:
    """The same crash in another boot of another build: times, CPUs, pids, addresses, offsets."""

    def number(match: re.Match[str]) -> str:
        return f"{match[1]}{dice.randrange(1, 99999)}"

    moved = []
    suffix = dice.choice(["", ".isra.0", ".constprop.3", ".part.1", ".cold", ".llvm.123456"])
    for line in lines:
        size = dice.randrange(0x10, 0x4000)
        # Of assembly code, and of what is only called by address, there are no clones.
        line = re.sub(
            r"((?:(?!asm_|rcu_gp_kthread)\b[a-z]\w+))(?:\.\w+)*\+0x[0-9a-f]+/0x[0-9a-f]+",
            lambda match, size=size: f"{match[1]}{suffix}+{dice.randrange(size):#x}/{size:#x}",  # type: ignore[misc]
            line,
        )
        line = re.sub(r"\b[0-9a-f]{16}\b", lambda _: f"{dice.getrandbits(63):016x}", line)
        line = re.sub(r"(PID: |pid:|insmod/|orch/)\d+", number, line)
        moved.append(line)
    when, who = dice.uniform(1, 9999), f"T{dice.randrange(1, 9999)}"
    return [dice.choice(["", "<4>"]) + f"[{when:12.6f}][{who:>7}] {line}" for line in moved]


@pytest.mark.parametrize("log", LOGS)
@given(dice=other_boots())
def test_it_is_stable_from_boot_to_boot_and_build_to_build(log: str, dice: random.Random) -> None:
    lines = lines_of(log)
    assert sign(elsewhere(lines, dice)) == sign(lines)


@pytest.mark.parametrize("log", LOGS)
def test_another_guilty_function_is_another_signature(log: str) -> None:
    lines = lines_of(log)
    guilty = only(lines).function
    other = [line.replace(guilty, "somebody_else") for line in lines]
    assert only(other).function == "somebody_else"
    assert sign(other).id != sign(lines).id


def test_another_caller_is_another_signature() -> None:
    lines = lines_of("splat_warning_7.3")
    other = [line.replace("orch_create_case", "orch_other_case") for line in lines]
    assert sign(other).id != sign(lines).id


def test_every_golden_report_has_its_own() -> None:
    signs = [sign(lines_of(log)) for log in LOGS]
    assert len({made.id for made in signs}) == len(LOGS)


def test_it_says_what_it_stands_for() -> None:
    made = sign(lines_of("splat_warning_7.3"))
    assert made.text == "WARNING: kthread_bind_mask < orch_create_case"
    assert re.fullmatch("[0-9a-f]{12}", made.id)


BODY = (
    "BUG: KASAN: slab-use-after-free in f+0x1/0x2",
    "Call Trace:",
    " <TASK>",
    " dump_stack_lvl+0x1/0x2",
    " kasan_report+0x1/0x2",
    " ? stale+0x1/0x2",
    " f+0x1/0x2",
    " g+0x1/0x2",
    " </TASK>",
    "",
    "Allocated by task 7:",
    " kmalloc_trace+0x1/0x2",
    " owner+0x1/0x2",
    "Freed by task 8:",
    " f+0x1/0x2",
    " wrong+0x1/0x2",
)


def test_helpers_and_doubtful_frames_are_left_out() -> None:
    assert sign(list(BODY)).text.endswith("f < g")
    without = [line for line in BODY if "stale" not in line and "kasan_report" not in line]
    assert sign(without) == sign(list(BODY))


def test_what_another_cpu_wrote_in_between_does_not_count() -> None:
    ours = [f"[    1.000000][   T7] {line}" for line in BODY]
    mixed = [*ours[:7], "[    1.000000][   C1]  intruder+0x1/0x2", *ours[7:]]
    assert sign(mixed) == sign(ours)


def test_without_a_trace_the_title_counts() -> None:
    one, other = Splat("panic", "panic: no init found", 1), Splat("panic", "panic: no root", 1)
    assert signature(one).id != signature(other).id
    assert signature(one).text == "panic: no init found"


def test_a_damaged_report_that_could_be_any_has_none() -> None:
    cut = only(["BUG: unable to handle page fault for address: ffff888012345678", "#PF: sup"])
    assert cut.function == ""
    assert signature(cut).id == ""


@pytest.mark.parametrize(
    ("name", "plain"),
    [("f.isra.0", "f"), ("f.part.0.cold", "f"), ("f.constprop.12", "f"), ("f.llvm.99", "f"),
     ("f_part", "f_part"), ("a.b", "a.b"), ("v1.2.3_x", "v1.2.3_x")],
)  # fmt: skip
def test_compiler_suffixes_go(name: str, plain: str) -> None:
    assert plain_symbol(name) == plain


@given(st.text())
def test_stable_text_is_stable(text: str) -> None:
    once = stable_text(text)
    assert stable_text(once) == once


def test_parts_are_kept_apart() -> None:
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])


FRAGMENTS = st.sampled_from(
    ["f+0x1/0x2", ".1", ".isra.0", "[<", ">]", "? ", "RIP: ", "\n", " from ", "(", "a" * 99, "#1: "]
)


@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=9)), max_size=60))
def test_any_lines_have_a_signature(pieces: list[str]) -> None:
    lines = tuple("".join(pieces).split("\n"))
    made = signature(Splat("WARNING", lines[0], 1, lines[-1], lines))
    assert made == signature(Splat("WARNING", lines[0], 1, lines[-1], lines))
    assert re.fullmatch("(?:[0-9a-f]{12})?", made.id)


def test_a_long_chain_of_suffixes_takes_no_time() -> None:
    chain = "f" + ".1" * 200_000
    began_s = time.process_time()
    signature(Splat("WARNING", chain, 1, chain, (chain + "+0x1/0x2",)))
    assert time.process_time() - began_s < 1

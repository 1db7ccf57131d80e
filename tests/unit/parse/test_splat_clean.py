# SPDX-License-Identifier: GPL-2.0-only
"""What looks like a report and is none; and that the same words, said by a kernel, are one."""

from __future__ import annotations

import pytest
from parse_golden import PREFIXES, golden

from orchestrator.parse.splats import parse_splats

REPORT_LIKE = [
    "BUG: KASAN: slab-use-after-free in bad_fn+0x1/0x2",
    "Kernel panic - not syncing: Fatal exception",
    "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]",
    "Oops: general protection fault, probably for non-canonical address 0xd: 0000 [#1]",
    "INFO: task kthreadd:2 blocked for more than 120 seconds.",
]
TRACE = ["CPU: 0 UID: 0 PID: 1 Comm: a", "Call Trace:", " orch_guilty+0x1/0x2"]


@pytest.mark.parametrize("line", golden("look_alikes.log"))
def test_a_line_that_looks_like_a_report_is_none(line: str) -> None:
    assert parse_splats([line]) == ()


@pytest.mark.parametrize("name", ["look_alikes.log", "quiet_boot.log"])
def test_a_log_without_reports_has_none(name: str) -> None:
    assert parse_splats(golden(name)) == ()


@pytest.mark.parametrize("line", REPORT_LIKE)
@pytest.mark.parametrize("quote", ['"{}"', "'{}'", "prog: {}", "prog[7]: {}", "+ echo {}", "> {}"])
def test_a_quoted_report_is_none(line: str, quote: str) -> None:
    for prefix in PREFIXES:
        assert parse_splats([prefix + quote.format(line), *TRACE]) == ()
        assert parse_splats([prefix + line])


@pytest.mark.parametrize("words", ["WARNING: bassoon is late", "BUG: orchestra out of tune"])
def test_words_no_row_knows_need_a_trace_or_for_a_bug_the_kernels_prefix(words: str) -> None:
    assert parse_splats([words, "all is well", "still"]) == ()
    assert len(parse_splats([words, *TRACE])) == 1
    stamped = parse_splats([f"[    1.000000] {words}", "[    1.000001] all is well"])
    assert bool(stamped) == words.startswith("BUG")


def test_a_user_spaces_fault_is_not_the_kernels() -> None:
    fault = "[    1.0] traps: demo[77] general protection fault ip:55d0 sp:7ffc error:0 in demo[1]"
    assert parse_splats([fault]) == ()

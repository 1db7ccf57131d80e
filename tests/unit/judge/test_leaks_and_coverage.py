# SPDX-License-Identifier: GPL-2.0-only
"""Leaks are the kernel's fault; a list or counters that did not come are ours."""

from __future__ import annotations

from typing import Any

import pytest
from green_case import damaged, green_evidence, judged
from msgspec.structs import replace

from orchestrator.model.evidence import Leak
from orchestrator.model.verdict import Fault, Verdict

LEAK = Leak(64, "orch_w", 101, 5, ("kmemleak_alloc", "__kmalloc_noprof", "f"), 3, "orch_a", "c")


def test_a_leak_fails_the_run() -> None:
    verdict, findings = judged(replace(green_evidence(), leaks=(LEAK,)))
    (found,) = findings
    assert (verdict, found.check, found.fault) == (Verdict.FAIL, "leaks", Fault.KERNEL)
    assert found.title == "memory leak in f: 64 bytes"
    assert found.evidence[0].text == "1 × 64 bytes, allocated in orch_a.c"
    assert found.evidence[0].line == 3


def test_leaks_of_one_place_are_one_finding() -> None:
    more = (replace(LEAK, pid=9, line=30), replace(LEAK, size=128), replace(LEAK, case="d"))
    _, findings = judged(replace(green_evidence(), leaks=(*more, LEAK)))
    assert len([f for f in findings if f.check == "leaks"]) == 3
    assert {f.evidence[0].text[:1] for f in findings} == {"1", "2"}


@pytest.mark.parametrize(
    ("said", "plan", "title"),
    [
        ({"leaks_bytes": None}, {"leak_scan": True}, "no whole list of leaks came"),
        ({"coverage_bytes": None}, {"coverage": True}, "no coverage came"),
        ({"coverage_bytes": 0}, {"coverage": True}, "no coverage came"),
    ],
)
def test_what_was_asked_for_must_come(
    said: dict[str, Any], plan: dict[str, Any], title: str
) -> None:
    evidence = damaged("guest", **said)
    verdict, findings = judged(evidence, **plan)
    assert verdict is Verdict.INCOMPLETE
    assert findings[0].title.startswith(title)
    assert findings[0].fault is Fault.OURS
    assert judged(evidence) == (Verdict.PASS, ())  # nobody asked


def test_an_empty_list_is_good_news_and_a_cut_one_none() -> None:
    came = damaged("guest", leaks_bytes=0, coverage_bytes=10240)
    assert judged(came, leak_scan=True, coverage=True) == (Verdict.PASS, ())
    assert judged(replace(came, leaks_cut=True), leak_scan=True)[0] is Verdict.INCOMPLETE

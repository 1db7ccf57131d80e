# SPDX-License-Identifier: GPL-2.0-only
"""Trace events with values, and the one of many that a test asks for."""

from __future__ import annotations

import pytest

from orchestrator.model.evidence import TraceEvent
from orchestrator.testing.events import Event, exactly_one, matching, the_one, typed


def event(name: str, **fields: str) -> Event:
    return typed(TraceEvent(1.5, 2, "sh", 7, name, tuple(fields.items())))


FORKS = [
    event("sched_process_fork", comm="kthreadd", child_comm=f"hello/{n}", child_pid=f"{90 + n}")
    for n in range(3)
]


def test_values() -> None:
    found = event("x", a="-1", b="0x1f", c="007", d="12", comm="42", e="", f="ffff", g="1.5")
    assert dict(found.fields) == {
        "a": -1, "b": 31, "c": "007", "d": 12, "comm": "42", "e": "", "f": "ffff", "g": "1.5",
    }  # fmt: skip
    assert (found["d"], found.get("d"), found.get("none", 3), found.get("none")) == (12, 12, 3, "")
    assert str(event("x", a="1")) == "sh-7 [2] 1.500000: x: a=1"
    assert list(event("x", z="1", a="2").fields) == ["z", "a"], "the kernel's order"


def test_the_first_of_a_name() -> None:
    twice = TraceEvent(0.0, 0, "sh", 1, "x", (("stack", "a"), ("stack", "b")))
    assert typed(twice)["stack"] == "a"


def test_a_field_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(KeyError, match="x has no field 'no', but a, b"):
        event("x", a="1", b="2")["no"]


def test_the_one() -> None:
    assert the_one(FORKS, "sched_*", {"child_pid": 91}) == FORKS[1]
    assert (
        the_one(FORKS, "sched_process_fork", {"child_comm": "*/2", "comm": "kthreadd"}) == FORKS[2]
    )
    assert matching(FORKS, "*", {"child_pid": "91"}) == [], "a number is no text"


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("sched_process_fork", {"child_pid": 9}, "sched_process_fork child_pid=9, not one"),
        ("sched_process_fork", {}, "3 events sched_process_fork, not one; there is:\n  sh-7"),
        ("sched_switch", {}, "child_comm=hello/2"),
    ],
)  # fmt: skip
def test_what_there_is_instead(name: str, fields: dict[str, object], said: str) -> None:
    with pytest.raises(AssertionError) as caught:
        the_one(FORKS, name, fields)
    assert said in str(caught.value)


def test_nothing_and_much() -> None:
    assert exactly_one("events x", [], []) == "0 events x, not one, and nothing else"
    said = exactly_one("events x", [str(number) for number in range(99)], [])
    assert said.endswith("  7\n  and 91 more") and said.startswith("99 events x, not one")

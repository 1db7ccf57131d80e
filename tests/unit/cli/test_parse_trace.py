# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from orchestrator.cli.parse_trace import command

GOLDEN = Path(__file__).parents[2] / "golden" / "parse" / "ftrace_kthreads.trace"
CONTEXT = "            bash-100     [001] d..2.     2.000001: "


def test_an_object_an_event() -> None:
    done = CliRunner().invoke(command, ["--json-lines", str(GOLDEN)])
    assert done.exit_code == 0, done.output
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(events) == 5
    assert events[0] == {
        "ts": 1.234567, "cpu": 1, "task": "kthreadd", "pid": 2, "event": "task_newtask",
        "fields": {"pid": "63", "comm": "kthreadd", "clone_flags": "800700",
                   "oom_score_adj": "0"},
    }  # fmt: skip
    assert events[4]["fields"] == {"text": "work struct 00000000a1: function orch_fn"}
    assert "12 events lost by the kernel, 1 odd lines" in done.stderr


def test_what_is_not_said_is_null_and_what_is_said_twice_a_list() -> None:
    text = "\n".join(
        [" 0)   0.1 us |  f();", CONTEXT + "ev: a=1 a=2 b=3", CONTEXT + "<stack trace>", " => f"]
    )
    done = CliRunner().invoke(command, ["--json-lines", "-"], input=text)
    graph, twice, stack = (json.loads(line) for line in done.stdout.splitlines())
    assert (graph["ts"], graph["task"], graph["pid"], graph["cpu"]) == (None, None, None, 0)
    assert twice["fields"] == {"a": ["1", "2"], "b": "3"}
    assert (stack["event"], stack["fields"]) == ("kernel_stack", {"stack": ["f"]})


def test_words() -> None:
    done = CliRunner().invoke(command, ["-"], input=CONTEXT + "ev: a=1\n")
    assert done.stdout == "2.000001 cpu 1 bash-100 ev: a=1\n"

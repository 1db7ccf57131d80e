# SPDX-License-Identifier: GPL-2.0-only
"""A shrink as text and JSON: each way to end, and names that an attacker chose."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from sample_results import HOSTILE

from orchestrator.model.shrink import (
    Answer,
    Ended,
    Neighbour,
    Outcome,
    Setup,
    ShrinkResult,
    Step,
    Tally,
    Target,
    Trial,
)
from orchestrator.model.topology import Node, Topology
from orchestrator.report.shrink_json import shrink_json
from orchestrator.report.shrink_text import shrink_report

FAR = ((10, 20), (20, 10))


def sample(ended: Ended, name: str = "orch_create") -> ShrinkResult:
    machine = Topology("shrunk", "", (Node(0, (0, 1), 512), Node(1, (2,), 0)), FAR)
    start = Setup((name, "orch_work"), machine, ("numa", name))
    small = Setup((name,), Topology("shrunk", "", (Node(0, (0,), 128),)), (), name)
    neighbours = tuple(
        Neighbour("odd", f"{name} {answer.value}", name, start, answer, Tally(green=3), name)
        for answer in Answer
    )
    return ShrinkResult(
        of_run=name,
        target=Target("ktap", "fail", f"{name}.x failed", "0123456789ab"),
        start=start,
        smallest=small,
        ended=ended,
        said=f"{name}.x fails iff {name}",
        iff=ended is Ended.WHOLE,
        seen=Tally(same=3, unknown=1),
        chance=0.05,
        passes_needed=3,
        steps=(
            Step("as it was", start, Answer.FAILS, Tally(same=3)),
            Step(f"without {name}", small, Answer.FAILS, Tally(same=1, green=2, unknown=1)),
            Step(f"without {name}", start, Answer.PASSES, Tally(green=3)),
            Step(f"without {name}", start, Answer.UNTRIED, Tally(), name),
        ),
        neighbours=neighbours,
        trials=(Trial(start, Outcome.SAME, "/r/1", name),) * 9,
        resumed=4,
        took_s=12.3,
        started_at="now",
        machine=f"1 node of {name}",
        shrink_dir=f"/runs/{name}",
        run_dir=f"/runs/{name}/run-1",
        replay=f"/runs/{name}/run-1/replay.sh",
        command=f"orchestrate boot --case {name}",
        notes=(f"note of {name}",),
    )


def shown(result: ShrinkResult) -> str:
    console = Console(file=io.StringIO(), width=160, color_system=None)
    console.print(shrink_report(result))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_sentence_comes_first_and_then_how_to_see_it_again() -> None:
    text = shown(sample(Ended.WHOLE))
    lines = text.splitlines()
    assert lines[0] == "orch_create.x fails iff orch_create"
    for said in (
        "looked for: orch_create.x failed (fail, signature 0123456789ab)",
        "smallest: 1 node of orch_create",
        "1 of 3, 1 said nothing",
        "1 smaller one that did not fail this way",
        "untried: orch_create",
        "5 runs, 4 from before it was interrupted",
        "again: orchestrate boot --case orch_create",
        "replay: /runs/orch_create/run-1/replay.sh",
        "note: note of orch_create",
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("ended", "said", "code"),
    [
        (Ended.WHOLE, "again: ", 0),
        (Ended.RUNS, "stopped by --runs", 1),
        (Ended.BUDGET, "stopped by --budget", 1),
        (Ended.NEVER_AGAIN, "--start-runs", 3),
        (Ended.INTERRUPTED, "the same command goes on", 130),
    ],
)
def test_each_way_to_end(ended: Ended, said: str, code: int) -> None:
    result = sample(ended)
    assert said in shown(result)
    document = json.loads(shrink_json(result))
    assert document["exit_code"] == code and document["ended"] == ended.value
    assert document["run_count"] == 9 and document["smallest"]["topology"]["nodes"]


@pytest.mark.parametrize("ended", list(Ended))
def test_hostile_names_are_shown_and_not_obeyed(ended: Ended) -> None:
    text = shown(sample(ended, HOSTILE))
    assert not any(letter in text for letter in "\x1b\x07\x9b\u202e\ufffe")
    assert "[/red][bold]" in text  # as it is
    assert json.loads(shrink_json(sample(ended, "\x1b[2J"))) is not None

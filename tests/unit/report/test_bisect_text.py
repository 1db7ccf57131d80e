# SPDX-License-Identifier: GPL-2.0-only
"""A bisect as text and JSON: each way to end, and names that an attacker chose."""

from __future__ import annotations

import io
import json

import pytest
from msgspec.structs import replace
from rich.console import Console
from sample_results import HOSTILE

from orchestrator.model.bisect import (
    BisectResult,
    Built,
    Check,
    Outcome,
    Side,
    Step,
    Suspect,
    Trial,
    Word,
)
from orchestrator.model.verdict import EvidenceLine
from orchestrator.report.bisect_json import bisect_json
from orchestrator.report.bisect_text import bisect_report

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def sample(word: Word, name: str = "kthread: x") -> BisectResult:
    steps = tuple(
        Step(f"{node}{COMMIT[1:]}", f"{name} {node}", name, "2026-01-01", tree="t")
        for node in range(4)
    )
    bad = Trial(2, Outcome.BAD, "/r/2", name, "fail", evidence=(EvidenceLine(name, 3, name),))
    good = Trial(1, Outcome.GOOD, "/r/1", "pass")
    suspects = {
        Word.FOUND: (Suspect(2, 0.98),),
        Word.SET: (Suspect(2, 0.5), Suspect(1, 0.48)),
        Word.UNSURE: (Suspect(2, 0.6), Suspect(1, 0.3)),
        Word.GOOD_IS_BAD: (Suspect(0, 0.99),),
    }.get(word, ())
    return BisectResult(
        word=word,
        check=Check("signature", name),
        steps=steps,
        command=("orchestrate",),
        started_at="now",
        run_dir="/runs",
        tree="/tree",
        suspects=suspects,
        sure=sum(one.probability for one in suspects),
        rate=0.4,
        after=(Side(2, 1, 3, 0, (bad,)),) if suspects else (),
        before=(Side(1, 9, 0, 0, (good,)),) if suspects else (),
        ends=(Side(0, 1, 0, 0, (good,)), Side(3, 20, 0, 0, (good,), same_as=2)),
        builds=(Built(0, "a", 3.0), Built(1, "", 1.0, error=name), Built(2, "b"), Built(3, "b")),
        trials=(bad, good),
        same=((2, 3),),
        notes=(name,),
    )


def text(result: BisectResult) -> str:
    out = io.StringIO()
    Console(file=out, width=160, highlight=False, emoji=False).print(
        bisect_report(result), soft_wrap=True
    )
    return out.getvalue()


@pytest.mark.parametrize(
    ("word", "said", "code"),
    [
        (Word.FOUND, f"first bad: 2{COMMIT[1:]}  (98.0 % sure)", 0),
        (Word.SET, "one of 2, which cannot be told apart", 1),
        (Word.UNSURE, "not known well enough after 2 runs; 90.0 % sure", 1),
        (Word.CONTRADICTION, "the failure comes and goes", 1),
        (Word.GOOD_IS_BAD, "the good end fails, too: 0123456789ab", 2),
        (Word.BAD_IS_GOOD, "the bad end does not fail: 3123456789ab was run 20 times", 2),
        (Word.SAME_KERNEL, "both ends build the same kernel", 2),
        (Word.END_UNTESTABLE, "an end cannot be tested: 1123456789ab: kthread: x", 3),
    ],
)
def test_each_way_to_end(word: Word, said: str, code: int) -> None:
    result = sample(word)
    assert said in text(result)
    document = json.loads(bisect_json(result))
    assert (document["word"], document["exit_code"]) == (word.value, code)


def test_both_sides_and_what_it_cost() -> None:
    shown = text(sample(Word.FOUND))
    assert "with it: 2123456789ab fails in 3 of 4 runs" in shown
    assert "without it: 1123456789ab fails in 0 of 9 runs" in shown
    assert "same kernel as 2123456789ab" in shown and "cannot be built" in shown
    assert "3 steps, 4 tried, 4 built; 2 runs; 1 steps build the same kernel as another" in shown
    assert "it shows in about 40 % of the runs" in shown


def test_json_names_the_commit_in_full() -> None:
    document = json.loads(bisect_json(sample(Word.FOUND)))
    (suspect,) = document["suspects"]
    assert suspect["name"] == f"2{COMMIT[1:]}" and suspect["title"] == "kthread: x 2"
    assert suspect["author"] and suspect["probability"] == 0.98
    assert (document["run_count"], document["build_count"]) == (2, 4)


@pytest.mark.parametrize("word", list(Word))
def test_hostile_names_stay_text(word: Word) -> None:
    shown = text(replace(sample(word, HOSTILE), run_dir=HOSTILE, tree=HOSTILE))
    assert not set(shown) & {"\x1b", "\x07", "\x9b", "\u202e", "\udcff"}
    shown.encode()
    json.loads(bisect_json(sample(word, HOSTILE)))
    assert bisect_json(sample(word, HOSTILE)).isascii()

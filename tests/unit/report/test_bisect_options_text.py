# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over options as text and JSON: each way to end, and names that an attacker chose."""

from __future__ import annotations

import io
import json

import pytest
from msgspec.structs import replace
from rich.console import Console
from sample_results import HOSTILE

from orchestrator.model.bisect import Built, Check, Outcome, Side, Trial, Word
from orchestrator.model.bisect_options import Change, OptionsResult, Tried
from orchestrator.model.verdict import EvidenceLine
from orchestrator.report.bisect_json import options_json
from orchestrator.report.bisect_options_text import options_report


def sample(word: Word, name: str = "x") -> OptionsResult:
    bad = Trial(2, Outcome.BAD, "/r/2", name, "fail", evidence=(EvidenceLine(name, 3, name),))
    good = Trial(0, Outcome.GOOD, "/r/0", "pass")
    found = word in (Word.FOUND, Word.SET, Word.NOT_ALONE, Word.ONE_SIDED)
    culprits = (Change("CONFIG_A", "n", "y"), Change("CONFIG_S", name, name))
    return OptionsResult(
        word=word,
        check=Check("signature", name),
        command=("orchestrate",),
        started_at="now",
        run_dir="/runs",
        tree="/tree",
        good="good.config",
        bad="bad.config",
        differing=(*culprits, Change("CONFIG_B", "y", "n")),
        culprits=culprits if found else (),
        brings=(Change("CONFIG_SELECTED", "n", "y"),) if found else (),
        suspects=((culprits[0], 0.6),) if word is Word.UNSURE else (),
        sure=0.961,
        rate=0.4,
        with_it=Side(2, 0, 3, 0, (bad,)) if found else None,
        without=Side(3, 4, 0, 0, (good,)) if found else None,
        ends=(Side(0, 3, 0, 0, (good,)), Side(1, 20, 0, 0, (good,))),
        configs=tuple(
            Tried(title, title, 1) for title in ("good", "bad", f"good with {name}", "bad without")
        ),
        builds=(Built(0, "a"), Built(1, "b"), Built(3, "", error=name)),
        trials=(good, bad),
        rounds=2,
        notes=(name,),
    )


def text(result: OptionsResult) -> str:
    out = io.StringIO()
    Console(file=out, width=160, highlight=False, emoji=False).print(
        options_report(result), soft_wrap=True
    )
    return out.getvalue()


@pytest.mark.parametrize(
    ("word", "said", "code"),
    [
        (Word.FOUND, "2 options make it fail, all of them needed  (96.1 % sure)", 0),
        (Word.SET, "not all may be needed", 1),
        (Word.NOT_ALONE, "bad.config fails without them, too", 1),
        (Word.ONE_SIDED, "bad.config without them cannot be tested", 1),
        (Word.UNSURE, "not known well enough after 2 runs", 1),
        (Word.CONTRADICTION, "no order of the options explains these runs", 1),
        (Word.GOOD_IS_BAD, "the good configuration fails, too: good.config", 2),
        (Word.BAD_IS_GOOD, "bad.config was run 20 times", 2),
        (Word.SAME_KERNEL, "the same kernel, byte for byte", 2),
        (Word.END_UNTESTABLE, "an end cannot be tested: bad without: x", 3),
    ],
)
def test_each_way_to_end(word: Word, said: str, code: int) -> None:
    result = sample(word)
    shown = text(result)
    assert said in shown
    document = json.loads(options_json(result))
    assert (document["word"], document["exit_code"]) == (word.value, code)
    assert document["run_count"] == 2 and document["build_count"] == 2
    assert len(document["differing"]) == 3


def test_what_speaks_for_it_on_both_sides() -> None:
    shown = text(sample(Word.FOUND))
    assert "  CONFIG_A n → y\n" in shown
    assert "with them comes, by Kconfig: CONFIG_SELECTED n → y" in shown
    assert "with it: good with x fails in 3 of 3 runs" in shown
    assert "without it: good fails in 0 of 3 runs" in shown
    assert "and: bad without fails in 0 of 4 runs" in shown
    assert "1 option makes" not in shown
    one = replace(sample(Word.FOUND), culprits=(Change("CONFIG_A", "n", "y"),))
    assert "1 option makes it fail" in text(one)


@pytest.mark.parametrize("word", Word)
def test_hostile_names_stay_text(word: Word) -> None:
    shown = text(sample(word, HOSTILE))
    assert "\x1b" not in shown and "\x9b" not in shown and "\u202e" not in shown
    json.loads(options_json(sample(word, HOSTILE)).encode())

# SPDX-License-Identifier: GPL-2.0-only
"""The table of mutants and the reading of answers: what would make a wrong answer look right."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "mutants"))

from table import Mutant, TableError, chosen, read_table
from trial import Trial, from_json, is_answer, load, made_of, right, save

BUG = Mutant("lost", Path("bugs/lost.patch"), "differs", "loses it")
CLEAN = Mutant("tidy", Path("clean/tidy.patch"), "same", "nothing")
ANSWER = Trial("lost", "k", "differs", "leak: x", ("leak",), 1.5)


def folder_with(tmp_path: Path, table: str, *patches: str) -> Path:
    (tmp_path / "expected.toml").write_text(table)
    for name in ("bugs", "clean"):
        (tmp_path / name).mkdir()
    for patch in patches:
        (tmp_path / patch).write_text("")
    return tmp_path


def test_every_patch_has_a_row_that_says_what_it_does() -> None:
    mutants = read_table()
    assert sum(mutant.is_bug for mutant in mutants) >= 30
    assert sum(not mutant.is_bug for mutant in mutants) >= 6
    assert all(mutant.what for mutant in mutants)
    assert all(mutant.evidence for mutant in mutants if mutant.is_bug)


def test_each_is_a_mail_that_changes_kthread_and_no_two_are_alike() -> None:
    texts = [mutant.patch.read_text() for mutant in read_table()]
    assert all("\nSubject: [PATCH] kthread: " in text for text in texts)
    assert all(text.count("diff --git a/kernel/kthread.c b/") == 1 for text in texts)
    diffs = {text[text.index("\n@@") :] for text in texts}
    assert len(diffs) == len(texts)


def test_a_patch_without_row_is_told(tmp_path: Path) -> None:
    row = '[a]\nexpected = "same"\n'
    with pytest.raises(TableError, match=r"not in expected.toml: b\.patch"):
        read_table(folder_with(tmp_path, row, "clean/a.patch", "bugs/b.patch"))


def test_a_row_without_patch_is_told(tmp_path: Path) -> None:
    row = '[a]\nexpected = "same"\n'
    with pytest.raises(TableError, match=r"no such patch: a\.patch"):
        read_table(folder_with(tmp_path, row, "bugs/a.patch"))


def test_another_word_is_told(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="a: expected must be"):
        read_table(folder_with(tmp_path, '[a]\nexpected = "diffres"\n'))


def test_choosing_by_name_glob_and_folder() -> None:
    both = (BUG, CLEAN)
    assert chosen(both, (), False) == both
    assert chosen(both, ("l*",), False) == (BUG,)
    assert chosen(both, ("clean",), False) == (CLEAN,)
    assert chosen((replace(BUG, quick=True), CLEAN), (), True) == (replace(BUG, quick=True),)


def test_a_name_that_fits_none_is_no_good_result() -> None:
    with pytest.raises(TableError, match="no mutant fits lots"):
        chosen((BUG, CLEAN), ("lost", "lots"), False)


@pytest.mark.parametrize("word", ["same", "broken", "unsure", "infrastructure", "no answer"])
def test_only_differs_finds_a_bug(word: str) -> None:
    assert right(BUG, ANSWER)
    assert not right(BUG, replace(ANSWER, word=word))


@pytest.mark.parametrize("word", ["differs", "broken", "unsure", "infrastructure", "no answer"])
def test_only_same_is_right_for_a_clean_patch(word: str) -> None:
    assert right(CLEAN, replace(ANSWER, word="same"))
    assert not right(CLEAN, replace(ANSWER, word=word))


def test_a_failure_of_ours_is_no_answer_to_keep() -> None:
    assert is_answer(ANSWER)
    assert not is_answer(replace(ANSWER, word="infrastructure"))
    assert not is_answer(replace(ANSWER, word="no answer"))


def test_evidence_is_the_first_difference() -> None:
    first = {"kind": "leak", "where": "orch_x", "title": "64 bytes"}
    second = {"kind": "test", "where": "", "title": "y"}
    document = {"verdict": "differs", "differences": [first, second], "took_s": 3}
    trial = from_json("lost", "k", document)
    assert trial.evidence == "leak: orch_x: 64 bytes (and 1 more)"
    assert trial.kinds == ("leak", "test")
    alone = from_json("lost", "k", {**document, "differences": [second]})
    assert alone.evidence == "test: y"


def test_without_differences_the_error_is_the_evidence() -> None:
    document = {"verdict": "broken", "differences": [], "took_s": 3, "error": "no gcc\nat all"}
    assert from_json("lost", "k", document).evidence == "no gcc"


def test_an_old_answer_counts_only_for_the_same_patch_options_and_product(tmp_path: Path) -> None:
    mutant = replace(BUG, patch=tmp_path / "lost.patch")
    mutant.patch.write_text("one")
    key = made_of(mutant, ("--pairs", "4"), "p")
    assert key == made_of(mutant, ("--pairs", "4"), "p")
    assert key != made_of(mutant, ("--pairs", "5"), "p")
    assert key != made_of(mutant, ("--pairs", "4"), "q")
    mutant.patch.write_text("two")
    assert key != made_of(mutant, ("--pairs", "4"), "p")


def test_answers_are_kept_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "mutants.json"
    assert load(path) == []
    save(path, [ANSWER, replace(ANSWER, name="other")])
    assert load(path) == [ANSWER, replace(ANSWER, name="other")]
    assert [file.name for file in path.parent.iterdir()] == ["mutants.json"]


def test_another_file_is_not_taken_for_answers(tmp_path: Path) -> None:
    path = tmp_path / "mutants.json"
    path.write_text(json.dumps({"verdict": "same"}))
    with pytest.raises(ValueError, match="holds no results of mutants"):
        load(path)

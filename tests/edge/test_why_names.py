# SPDX-License-Identifier: GPL-2.0-only
"""What a word means, and inputs kept beside entries, in a store and runs of the test's own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orchestrator.edge import inputs
from orchestrator.edge.store import Store
from orchestrator.model.errors import UsageError
from orchestrator.model.inputs import Input, InputChange
from orchestrator.workflow.why import why_key
from orchestrator.workflow.why_names import meant


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    for name in ("20260101-000000-aaaa", "20260101-000000-aabb", "cafe0000"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").write_text("{}")
    (tmp_path / "runs/compare-20260101").mkdir()
    return Store(tmp_path / "cache")


def entry(store: Store, kind: str, key: str, *own: Input, at_s: int = 100) -> Path:
    folder = store.folder(kind) / key
    folder.mkdir()
    (folder / "seal.json").write_text("{}")
    os.utime(folder / "seal.json", (at_s, at_s))
    if own:
        inputs.keep(folder, own, f"of {key}")
    return folder


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("NUMA", "CONFIG_NUMA"),
        ("CONFIG_X86_x32", "CONFIG_X86_x32"),
        ("option:NUMA", "CONFIG_NUMA"),
        ("64BIT", "CONFIG_64BIT"),
    ],
)
def test_an_option_is_upper_case_or_has_config_in_front(store: Store, word: str, name: str) -> None:
    found = meant(word, store)
    assert (found.kind, found.name) == ("option", name)


def test_the_first_characters_do_where_one_begins_so(store: Store) -> None:
    entry(store, "kernels", "0123456789abcdef")
    assert meant("0123", store).kind == "kernels"
    assert meant("kernels/0123", store).name == "0123456789abcdef"
    assert meant("20260101-000000-aab", store).name == "20260101-000000-aabb"


def test_several_are_told_and_none_is_taken(store: Store) -> None:
    with pytest.raises(UsageError, match=r"may be run 20260101-000000-aaaa, run .*-aabb$"):
        meant("2026", store)


def test_a_run_and_a_key_are_told_apart_by_what_is_in_front(store: Store) -> None:
    entry(store, "modules", "cafe000011112222")
    with pytest.raises(UsageError, match="may be run cafe0000, modules cafe000011112222") as told:
        meant("cafe", store)
    assert "run:NAME" in told.value.hint
    assert meant("key:cafe", store).kind == "modules"
    assert meant("run:cafe", store).kind == "run"
    assert meant("cafe0000", store).kind == "run"  # the whole name of one


@pytest.mark.parametrize(
    "word",
    ["abc", "", "ffff", "../runs", "key:NUMA", "compare-2026", "\x1b[31m", "kernels/../../x", ":"],
)
def test_what_is_nothing_is_said_to_be(store: Store, word: str) -> None:
    with pytest.raises(UsageError, match="is no run, no option and no key"):
        meant(word, store)


def test_a_tree_is_found_by_its_digest(store: Store) -> None:
    (store.folder("trees") / "snapshot-abcdef0011223344").mkdir()
    assert meant("abcdef", store).name == "snapshot-abcdef0011223344"


def test_inputs_are_written_once_and_the_entry_keeps_its_age(store: Store) -> None:
    folder = entry(store, "kernels", "aa" * 8)
    os.utime(folder, (50, 50))
    inputs.keep(folder, [Input("tree", "", "t1")], "one")
    inputs.keep(folder, [Input("tree", "", "t2")], "two")
    kept = inputs.read("kernels", folder)
    assert kept
    assert (kept.inputs, kept.origin) == ((Input("tree", "", "t1"),), "one")
    assert folder.stat().st_mtime == 50


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"inputs": 3}', '{"inputs": [{"group": 1}]}'])
def test_damaged_inputs_are_none(store: Store, text: str) -> None:
    folder = entry(store, "kernels", "aa" * 8)
    (folder / inputs.FILE).write_text(text)
    assert inputs.read("kernels", folder) is None


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    inputs.keep(tmp_path / "gone", [Input("tree", "", "t1")])


def test_why_says_which_input_differs_from_the_nearest(store: Store) -> None:
    entry(store, "modules", "aa" * 8, Input("kernel", "", "k1"), Input("sources", "a.c", "1"))
    entry(store, "modules", "bb" * 8, Input("kernel", "", "k2"), Input("sources", "a.c", "2"))
    entry(store, "modules", "cc" * 8, Input("kernel", "", "k3"), Input("sources", "a.c", "1"),
          at_s=200)  # fmt: skip
    told = why_key("modules", "cc" * 8, store)
    assert told.nearest == "aa" * 8
    assert told.changes == (InputChange("kernel", "", "k1", "k3"),)
    assert told.next_command == "orchestrate why key:k3"


def test_an_entry_without_inputs_says_so(store: Store) -> None:
    folder = entry(store, "kernels", "aa" * 8)
    facts = {"relative": "bb" * 8, "differing": ["kernel/kthread.c"]}
    (folder / "kernel.json").write_text(json.dumps(facts))
    told = why_key("kernels", "aa" * 8, store)
    assert "inputs are not kept" in told.note
    assert (told.started_from, told.files) == ("bb" * 8, ("kernel/kthread.c",))


def test_the_first_of_its_kind_says_so(store: Store) -> None:
    entry(store, "states", "aa" * 8, Input("kernel", "", "k1"))
    assert "no earlier entry" in why_key("states", "aa" * 8, store).note

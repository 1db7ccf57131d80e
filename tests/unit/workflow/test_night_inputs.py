# SPDX-License-Identifier: GPL-2.0-only
"""What a night's order and its keys rest on, from trees and patches that have been read."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fake_hands import tried
from made_inputs import cell, mail
from msgspec.structs import replace

from orchestrator.config.matrix import load_matrix
from orchestrator.config.topology import load_topology
from orchestrator.edge import source_list
from orchestrator.edge.content_memo import FileState
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.job import Tree
from orchestrator.model.matrix import Pattern
from orchestrator.model.night import Attempt, CellKey, Night
from orchestrator.model.night_run import Reason, kernel_of
from orchestrator.model.verdict import Verdict
from orchestrator.plan.night_order import why
from orchestrator.workflow.night_inputs import Inputs, all_cells, built_kernels, gather, read_inputs


@dataclass
class Memory:
    """What is known of each cell."""

    attempts: dict[CellKey, tuple[Attempt, ...]] = field(default_factory=dict)

    def recent(self, cell: CellKey) -> tuple[Attempt, ...]:
        return self.attempts.get(cell, ())

    def begin(self, night: Night) -> None: ...

    def note(self, attempt: Attempt) -> None: ...

    def end(self, night: Night) -> None: ...


def test_cells_with_each_step_of_a_series(inputs: Inputs) -> None:
    found = all_cells(inputs, ())
    patches = list(dict.fromkeys(each.patch for each in found))
    assert patches == ["", "fix", "rework#1", "rework#2"] and len(found) == 16
    assert inputs.patches("default", "rework#1") == (mail("a.c"),)
    assert inputs.patches("default", "rework#2") == (mail("a.c"), mail("b.c"))
    assert inputs.patches("default", "") == ()


def test_no_cell_is_left(inputs: Inputs) -> None:
    inputs.matrix = replace(inputs.matrix, exclude=(Pattern(tree=("default",)),))
    with pytest.raises(UsageError, match=r"night\.toml: no cell is left"):
        all_cells(inputs, ())


def test_a_patch_that_a_tree_can_never_have(inputs: Inputs) -> None:
    inputs.mails["default", "fix"] = UsageError("git:A..B needs a tree", "name one")
    with pytest.raises(UsageError, match=r"git:A\.\.B needs a tree") as wrong:
        all_cells(inputs, ())
    assert wrong.value.hint.endswith('or exclude tree = "default", patch = "fix"')
    inputs.matrix = replace(inputs.matrix, exclude=(Pattern(patch=("fix",)),))
    assert all_cells(inputs, ())


def test_what_cannot_be_had_now_is_the_matter_of_its_cells(inputs: Inputs, store: Store) -> None:
    inputs.mails["default", "rework"] = InfrastructureError("no network")
    found = all_cells(inputs, ())
    assert "rework" in {each.patch for each in found}
    assert inputs.sources(kernel_of(cell("rework"))) == "" == inputs.key(cell("rework"))
    assert gather(inputs, found, Memory(), store)[cell("rework")].touched == frozenset()
    with pytest.raises(InfrastructureError):
        inputs.patches("default", "rework")
    assert not built_kernels(inputs, found, store)


def test_keys_are_over_all_that_a_run_depends_on(inputs: Inputs) -> None:
    cells = all_cells(inputs, ())
    before = {each: inputs.key(each) for each in cells}
    assert len(set(before.values())) == len(cells)
    inputs.mails["default", "fix"] = (mail("a.c", "three"),)
    changed = {each for each in cells if inputs.key(each) != before[each]}
    assert {each.patch for each in changed} == {"fix"}
    other = {name: replace(job, accel="tcg") for name, job in inputs.jobs.items()}
    assert not set(before.values()) & set(map(dataclasses.replace(inputs, jobs=other).key, cells))
    assert not set(before.values()) & set(map(dataclasses.replace(inputs, shared="new").key, cells))
    inputs.trees["default"] = Tree(Path("tree"), "tree-2", "7.3.4", "default")
    assert not set(before.values()) & set(map(inputs.key, cells))


def test_a_patch_that_is_no_utf8(inputs: Inputs) -> None:
    inputs.mails["default", "fix"] = (mail("a.c", "\udcfc"),)
    assert inputs.key(cell("fix"))


def told(of: CellKey, sources: str, verdict: Verdict = Verdict.PASS) -> Attempt:
    return replace(tried(of, verdict).attempt, tree_key=sources)


def kept(store: Store, key: str, **files: str) -> None:
    states = [FileState(f"{name}.c", "-", "", 0, text) for name, text in files.items()]
    source_list.keep(key, states, store)


def test_why_a_cell_comes_when(inputs: Inputs, store: Store) -> None:
    """The tree changed in a.c, which fix and rework touch."""
    kept(store, "tree-0", a="1", b="1", c="1")
    kept(store, "tree-1", a="2", b="1", c="1")
    cells = all_cells(inputs, ())
    earlier = {}
    for each in cells:
        sources = inputs.sources(kernel_of(each)).replace("tree-1", "tree-0")
        earlier[each] = (told(each, sources),)
    # The host failed it since, on what the tree is now: that says nothing.
    lost = cell("fix", "numa4")
    now = inputs.sources(kernel_of(lost))
    earlier[lost] = (told(lost, now, Verdict.INFRASTRUCTURE), *earlier[lost])
    facts = gather(inputs, cells, Memory(earlier), store)
    reasons = {each: why(facts[each])[0] for each in cells}
    assert {reasons[each] for each in cells if each.patch == ""} == {Reason.CHANGED}
    assert {reasons[each] for each in cells if each.patch} == {Reason.TOUCHED}
    assert facts[cell("rework#2")].touched == {"a.c", "b.c"}
    assert facts[cell("fix")].changed == {"a.c"}


def test_another_version_of_a_patch_touches_what_it_changes(inputs: Inputs, store: Store) -> None:
    old = inputs.sources(kernel_of(cell("fix")))
    inputs.mails["default", "fix"] = (mail("a.c", "three"),)
    memory = Memory({cell("fix"): (told(cell("fix"), old),)})
    facts = gather(inputs, all_cells(inputs, ()), memory, store)
    assert why(facts[cell("fix")])[0] is Reason.TOUCHED


def test_a_tree_of_which_nothing_is_known_has_changed(inputs: Inputs, store: Store) -> None:
    memory = Memory({cell("fix"): (told(cell("fix"), "gone+1"),)})
    facts = gather(inputs, all_cells(inputs, ()), memory, store)
    assert facts[cell("fix")].changed is None
    assert why(facts[cell("fix")])[0] is Reason.CHANGED


def test_what_is_no_tree_and_no_patch_is_said_and_the_matter_of_its_cells(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "linux").mkdir()
    (tmp_path / "empty.patch").write_text("no diff at all\n")
    (tmp_path / "night.toml").write_text(
        'trees = ["./linux"]\nconfigs = ["numa"]\ntopologies = ["numa2"]\n'
        'patches = ["empty.patch"]\n'
    )
    notes: list[str] = []
    matrix = load_matrix(tmp_path / "night.toml")
    found = read_inputs(matrix, store, lambda event: notes.append(str(event)), ())
    assert any("tree ./linux: " in note and "is no kernel tree" in note for note in notes)
    assert any("patch empty.patch: " in note and "no diff in it" in note for note in notes)
    assert len(all_cells(found, ())) == 2


def test_a_kernel_that_would_not_see_the_machine_of_its_cell(inputs: Inputs) -> None:
    inputs.topologies = {**inputs.topologies, "numa4": load_topology("memplug")}
    with pytest.raises(UsageError) as wrong:
        all_cells(inputs, ())
    assert "default/-/numa/numa4: topology memplug needs CONFIG_ACPI_HMAT" in wrong.value.message
    assert wrong.value.hint.endswith('or exclude config = "numa", topology = "numa4"')
    inputs.matrix = replace(inputs.matrix, exclude=(Pattern(topology=("numa4",)),))
    assert all_cells(inputs, ())

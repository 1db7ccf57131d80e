# SPDX-License-Identifier: GPL-2.0-only
"""Folders of a night: numbered on, and never outside of it, whatever a cell is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from made_inputs import cell
from msgspec.structs import replace

from orchestrator.edge.store import Store
from orchestrator.model.errors import BuildBroken, InfrastructureError, UsageError
from orchestrator.model.night_run import kernel_of
from orchestrator.model.progress import silent
from orchestrator.model.verdict import Verdict
from orchestrator.workflow.night_hands import NightHands
from orchestrator.workflow.night_inputs import Inputs

ODD = ["../../x", "/etc", "a/b", "..", "", "ü", "-rf", "x" * 300, "[red]\u202e", "a b;$(c)"]


def hands(inputs: Inputs, store: Store, folder: Path) -> NightHands:
    folder.mkdir(exist_ok=True)
    return NightHands(inputs, store, folder, 2, silent)


@pytest.mark.parametrize("name", ODD)
def test_a_kernel_of_any_name_has_a_folder_in_the_night(
    inputs: Inputs,
    store: Store,
    tmp_path: Path,
    name: str,
) -> None:
    night = tmp_path / "night"
    mine = hands(inputs, store, night)
    inputs.trees[name] = UsageError("no such tree")
    kernel = replace(kernel_of(cell("")), tree=name)
    with pytest.raises(UsageError):
        mine.build(kernel)
    (made,) = night.iterdir()
    assert made.is_dir() and len(made.name) < 100
    assert made.name.startswith("001-kernel-") and made.name.isascii()


def test_folders_are_numbered_on_when_a_night_goes_on(
    inputs: Inputs,
    store: Store,
    tmp_path: Path,
) -> None:
    night = tmp_path / "night"
    inputs.trees["default"] = UsageError("no such tree")
    for _ in range(2):  # two commands
        with pytest.raises(UsageError):
            hands(inputs, store, night).build(kernel_of(cell("")))
    assert sorted(path.name for path in night.iterdir()) == [
        "001-kernel-default-numa",
        "002-kernel-default-numa",
    ]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (BuildBroken("cc failed"), Verdict.BUILD_BROKEN),
        (InfrastructureError("no room"), Verdict.INFRASTRUCTURE),
        (UsageError("an option this tree lacks"), Verdict.INFRASTRUCTURE),
    ],
)
def test_cells_without_a_kernel_share_the_folder_of_its_build(
    inputs: Inputs,
    store: Store,
    tmp_path: Path,
    error: Any,
    verdict: Verdict,
) -> None:
    mine = hands(inputs, store, tmp_path / "night")
    kernel = kernel_of(cell(""))
    inputs.trees["default"] = error
    if not isinstance(error, InfrastructureError):  # which asks for the tree once more
        with pytest.raises(type(error)):
            mine.build(kernel)
    else:
        mine._tried[kernel] = mine._new("kernel"), cast(Any, _Quiet())
    one = mine.unbuilt(cell("", "numa2"), 1, error, 3.0)
    two = mine.unbuilt(cell("", "numa4"), 1, error, 0.0)
    assert (one.attempt.verdict, two.attempt.verdict) == (verdict, verdict)
    assert one.attempt.run_dir == two.attempt.run_dir and one.attempt.id != two.attempt.id
    assert (one.attempt.build_s, two.attempt.build_s) == (3.0, None)
    told = json.loads((Path(one.attempt.run_dir) / "run.json").read_text())
    assert told["verdict"] == verdict.value and told["findings"][0]["title"] == error.message


class _Quiet:
    stages = ()
    notes = ()

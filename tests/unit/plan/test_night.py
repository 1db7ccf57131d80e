# SPDX-License-Identifier: GPL-2.0-only
"""A matrix's cells: the product, what is added, what is taken away."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_cells import cell
from msgspec.structs import replace

from orchestrator.model.matrix import Matrix, PatchValue, Pattern, TreeValue, Value
from orchestrator.model.night_run import KernelName
from orchestrator.plan.night import Steps, cells, fits, series_of, work

MATRIX = Matrix(
    name="m",
    file=Path("m.toml"),
    trees=(TreeValue("a", None), TreeValue("b", None)),
    configs=(Value("numa", "numa"),),
    topologies=(Value("n2", "numa2"), Value("n4", "numa4")),
    patches=(PatchValue("fix", ("fix.patch",)), PatchValue("re", ("re.mbox",), each=True)),
)
STEPS: Steps = {("a", "re"): 2, ("b", "re"): 1}


def names(matrix: Matrix, tier: tuple[Pattern, ...] = (), steps: Steps = STEPS) -> list[str]:
    found = cells(matrix, steps, tier)
    assert len(set(found)) == len(found)
    return [str(each) + (f"/{each.suites}" if each.suites else "") for each in found]


def test_the_product_in_the_order_of_the_file() -> None:
    assert names(MATRIX) == [
        *("a/-/numa/n2", "a/-/numa/n4", "a/fix/numa/n2", "a/fix/numa/n4"),
        *("a/re#1/numa/n2", "a/re#1/numa/n4", "a/re#2/numa/n2", "a/re#2/numa/n4"),
        *("b/-/numa/n2", "b/-/numa/n4", "b/fix/numa/n2", "b/fix/numa/n4"),
        *("b/re#1/numa/n2", "b/re#1/numa/n4"),
    ]


def test_without_base_and_without_patches() -> None:
    assert not [each for each in names(replace(MATRIX, base=False)) if "/-/" in each]
    bare = replace(MATRIX, base=False, patches=())
    assert len(names(bare)) == 4, "a matrix without patches is about its trees"


def test_a_series_that_cannot_be_read_is_one_cell_that_says_so() -> None:
    assert "a/re/numa/n2" in names(MATRIX, steps={})


def test_exclude_takes_away_what_include_adds_too() -> None:
    more = Pattern(tree=("a",), patch=("",), topology=("n8",))
    matrix = replace(MATRIX, topologies=(*MATRIX.topologies, Value("n8", "numa8", besides=True)))
    assert not [each for each in names(matrix) if "n8" in each]
    assert [each for each in names(replace(matrix, include=(more,))) if "n8" in each] == [
        "a/-/numa/n8"
    ]
    both = replace(matrix, include=(more,), exclude=(Pattern(topology=("n[48]",)),))
    assert {each[-2:] for each in names(both)} == {"n2"}


def test_an_include_of_what_is_there_adds_nothing() -> None:
    again = replace(MATRIX, include=(Pattern(tree=("a",)), Pattern(topology=("*",))))
    assert names(again) == names(MATRIX)


def test_an_include_does_not_spread_over_values_it_does_not_name() -> None:
    values = (*MATRIX.topologies, Value("n8", "numa8", besides=True))
    matrix = replace(MATRIX, topologies=values, include=(Pattern(tree=("a",)),))
    assert not [each for each in names(matrix) if "n8" in each]


def test_tiers() -> None:
    tier = (Pattern(tree=("a",), patch=("",)), Pattern(patch=("re#2",)))
    assert names(MATRIX, tier) == ["a/-/numa/n2", "a/-/numa/n4", "a/re#2/numa/n2", "a/re#2/numa/n4"]


@pytest.mark.parametrize(
    ("pattern", "yes"),
    [
        (Pattern(), True),
        (Pattern(patch=("re",)), True),  # a series means its steps
        (Pattern(patch=("re#2",)), True),
        (Pattern(patch=("re#1",)), False),
        (Pattern(patch=("",)), False),
        (Pattern(tree=("b", "a")), True),
        (Pattern(tree=("A",)), False),
        (Pattern(tree=("a",), config=("x*",)), False),
        (Pattern(suites=("",)), True),
        (Pattern(suites=("?*",)), False),
    ],
)
def test_patterns(pattern: Pattern, yes: bool) -> None:
    assert fits(pattern, cell("a/re#2/numa/n2")) is yes


def test_what_cells_share_is_one_piece_of_work() -> None:
    found = work(cells(MATRIX, STEPS))
    assert (len(found.trees), len(found.kernels), len(found.boots)) == (2, 7, 14)
    kernel = KernelName("a", "fix", "numa")
    assert found.boots_of(kernel) == (cell("a/fix/numa/n2"), cell("a/fix/numa/n4"))
    assert found.needs(cell("a/fix/numa/n4")) == kernel
    assert work((cell("a/-/c/t"), cell("a/-/c/t"))).boots == (cell("a/-/c/t"),)


def test_steps_by_name() -> None:
    assert series_of("re#12") == ("re", 12)
    assert series_of("fix") == ("fix", None)
    assert series_of("odd#name") == ("odd#name", None)

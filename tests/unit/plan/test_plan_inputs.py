# SPDX-License-Identifier: GPL-2.0-only
"""How the inputs of two keys differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from orchestrator.model.inputs import Input, InputChange, KeyInputs
from orchestrator.plan.inputs import changes, nearest

BASE = KeyInputs(
    "kernels",
    "aa",
    (Input("tree", "", "t1"), Input("patches", "fix", "p1"), Input("configuration", "A", "y")),
    made_s=10,
)


def test_what_changed_came_and_went() -> None:
    now = replace(BASE, inputs=(Input("tree", "", "t2"), Input("configuration", "A", "y"),
                                Input("configuration", "B", "n")))  # fmt: skip
    assert changes(BASE, now) == (
        InputChange("tree", "", "t1", "t2"),
        InputChange("configuration", "B", "", "n"),
        InputChange("patches", "fix", "p1", ""),
    )


def test_the_same_patch_twice_is_two_inputs() -> None:
    now = replace(BASE, inputs=(*BASE.inputs, Input("patches", "fix", "p1")))
    assert changes(BASE, now) == (InputChange("patches", "fix", "", "p1"),)


def test_the_nearest_is_earlier_of_its_kind_and_differs_least() -> None:
    of = replace(BASE, key="zz", made_s=20)
    near = replace(BASE, key="bb", inputs=(*BASE.inputs[:2], Input("configuration", "A", "n")))
    far = replace(BASE, key="cc", inputs=())
    later = replace(BASE, key="dd", made_s=30)
    other = replace(BASE, key="ee", kind="modules")
    assert nearest(of, [far, near, later, other, of]) == near
    assert nearest(of, [later, other, of]) is None


INPUTS = st.lists(
    st.builds(Input, st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from("12")),
    max_size=6,
)


@given(INPUTS, INPUTS)
def test_nothing_differs_exactly_if_they_are_the_same(one: list[Input], two: list[Input]) -> None:
    before, now = replace(BASE, inputs=tuple(one)), replace(BASE, inputs=tuple(two))

    def keyed(inputs: list[Input]) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for each in inputs:
            found.setdefault((each.group, each.name), []).append(each.value)
        return found

    assert (changes(before, now) == ()) == (keyed(one) == keyed(two))
    assert len(changes(before, now)) == len(changes(now, before))

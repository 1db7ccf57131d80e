# SPDX-License-Identifier: GPL-2.0-only
"""Which of its sources gave an option its value."""

from __future__ import annotations

import pytest

from orchestrator.judge.why_option import why_option
from orchestrator.model.why import Asked, KconfigSays

Y = Asked("numa.config", 5, "y")
N = Asked("base.config", 7, "n")


@pytest.mark.parametrize(
    ("asked", "value", "says", "lost", "words", "next_of"),
    [
        ((Y,), "y", KconfigSays(value="y", visible="y"), False, "nothing stands against it", ""),
        ((N, Y), "y", KconfigSays(value="y", visible="y"), False, "numa.config:5 asks for y", ""),
        ((Y,), "n", KconfigSays(value="n", denying=("SMP [=n]",), visible="n"), True,
         "depends on SMP [=n]", "SMP"),
        ((Y,), "n", KconfigSays(value="n", denying=("A [=y] && !B [=y]",), visible="n"), True,
         "which is n", "B"),
        ((N,), "y", KconfigSays(value="y", selects=("X86 [=y] && PCI [=y]",), visible="y"), True,
         "CONFIG_X86 selects it", "X86"),
        ((Y,), "n", KconfigSays(value="n", visible="-"), True, "no prompt", ""),
        ((Y,), "m", KconfigSays(value="m", visible="m"), True, "m at most", ""),
        ((Asked("f", 1, "99"),), "64", KconfigSays(value="64", visible="y"), True, "range", ""),
        ((), "n", KconfigSays(value="n", visible="y"), False, "what is not asked for is n", ""),
        ((), "y", KconfigSays(value="y", visible="-", default="y [=y]"), False, "default is", ""),
        ((), "y", KconfigSays(value="y", visible="-", selects=("Q [=y]",)), False,
         "CONFIG_Q selects it", "Q"),
        ((Y,), "n", None, True, "could not be asked", ""),
    ],
)  # fmt: skip
def test_sources(
    asked: tuple[Asked, ...], value: str, says: KconfigSays | None, lost: bool, words: str,
    next_of: str,
) -> None:  # fmt: skip
    told = why_option("CONFIG_X", "numa", value, asked, says, again="--config numa")
    assert words in told.decided
    assert told.lost is lost
    expected = f"orchestrate why CONFIG_{next_of} --config numa" if next_of else ""
    assert told.next_command == expected


def test_a_term_that_is_met_is_not_asked_of_next() -> None:
    says = KconfigSays(value="n", denying=("A [=y] && B [=n]",), visible="n")
    assert why_option("CONFIG_X", "", "n", (Y,), says).next_command.endswith("CONFIG_B")


def test_an_unknown_option_is_lost_only_if_it_was_asked_for() -> None:
    says = KconfigSays(known=False, nearest="NUMA")
    told = why_option("CONFIG_NUMMA", "numa", "n", (Y,), says)
    assert (told.lost, told.value) == (True, "")
    assert told.next_command == "orchestrate why CONFIG_NUMA"
    assert not why_option("CONFIG_NUMMA", "numa", "n", (), says).lost

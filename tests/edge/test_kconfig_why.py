# SPDX-License-Identifier: GPL-2.0-only
"""The reason in words, from what the tree's parser answers. (A real tree: tests/boot.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge import kconfig_why
from orchestrator.edge.kconfig_why import unmet


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "kernel").mkdir()
    (tmp_path / "Kconfig").write_text("config NUMA_BALANCING\n\tbool\nmenuconfig KUNIT\n")
    (tmp_path / "kernel/Kconfig.sub").write_text("config KASAN\n\tbool\n")
    (tmp_path / "Makefile").write_text("VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\n")
    return tmp_path


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "its dependencies are not met"),
        (["n", "SMP [=n] && PCI [=y]"], "not met: CONFIG_SMP=n"),
        (["n", "SMP [=y] && !UML [=y]"], "not met: CONFIG_UML=y"),
        (["n", "A [=] || B [=n] || A [=n]"], "not met: CONFIG_A=n, CONFIG_B=n"),
        (["m", "PCI [=y]"], "it is 'm': another option"),
        (["y"], "it is 'y': another option"),
    ],
)
def test_reasons(tree: Path, answer: list[str] | None, words: str) -> None:
    assert words in kconfig_why._reason(tree, "X", answer)


def test_a_met_dependency_is_not_blamed(tree: Path) -> None:
    reason = kconfig_why._reason(tree, "X", ["n", "SMP [=n] && PCI [=y] && !UML [=n]"])
    blamed = reason.partition("not met: ")[2]
    assert blamed == "CONFIG_SMP=n"


@pytest.mark.parametrize(
    ("name", "near"), [("KASAM", "CONFIG_KASAN"), ("KUNT", "CONFIG_KUNIT"), ("QQQQ", None)]
)
def test_an_option_the_tree_lacks(tree: Path, name: str, near: str | None) -> None:
    reason = kconfig_why._reason(tree, name, ["unknown"])
    assert reason.startswith("this tree has no such option")
    assert ("the nearest is" in reason) == (near is not None)
    assert near is None or reason.endswith(near)


def test_a_tree_whose_parser_cannot_be_linked_gets_the_short_answer(tree: Path) -> None:
    (tree / "obj/scripts/kconfig").mkdir(parents=True)
    assert unmet(tree, "obj", ["CONFIG_A", "CONFIG_B"]) == (
        ("CONFIG_A", "its dependencies are not met"),
        ("CONFIG_B", "its dependencies are not met"),
    )

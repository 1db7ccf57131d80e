# SPDX-License-Identifier: GPL-2.0-only
"""An end of a bisect over options: names, or somebody's file with our base beneath."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.dotconfig import base_options, read_end
from orchestrator.config.fragments import combine
from orchestrator.model.errors import UsageError


def test_names_are_what_config_makes_of_them() -> None:
    end = read_end("numa,slub")
    assert end.config == combine("numa,slub") and not end.overruled


def test_the_base_holds_against_a_file_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "dot"
    file.write_text("CONFIG_NUMA=y\n# CONFIG_KUNIT is not set\nCONFIG_SMP=y\n")
    end = read_end(str(file))
    values = {option.name: option for option in end.config.options}
    assert values["CONFIG_KUNIT"].value == "y" and not values["CONFIG_KUNIT"].optional
    assert values["CONFIG_NUMA"].optional, "another tree may lack it"
    assert [(one.name, one.value) for one in end.overruled] == [("CONFIG_KUNIT", "n")]
    assert {option.name for option in base_options()} <= values.keys()


def test_what_the_base_can_do_without_is_the_files_to_say(tmp_path: Path) -> None:
    """CPU_MITIGATIONS=n is for speed."""
    file = tmp_path / "dot"
    file.write_text("CONFIG_CPU_MITIGATIONS=y\n")
    end = read_end(str(file))
    assert not end.overruled
    assert [o.value for o in end.config.options if o.name == "CONFIG_CPU_MITIGATIONS"] == ["y"]


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "sets no option"), ("# a remark\n", "sets no option"), ("CONFIG X\n", "not a Kconfig")],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "dot"
    file.write_text(content)
    with pytest.raises(UsageError, match=said):
        read_end(str(file))


@pytest.mark.parametrize("spec", ["nuam", "./no-such.config", "", ",", "no/such"])
def test_what_is_not_there(spec: str) -> None:
    with pytest.raises(UsageError):
        read_end(spec)

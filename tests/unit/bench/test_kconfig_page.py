# SPDX-License-Identifier: GPL-2.0-only
"""docs/kconfig-costs.md, and what is kept while it is measured."""

from __future__ import annotations

from pathlib import Path

import kconfig_costs
import msgspec
import pytest
from kconfig_attribution import Cost, Size
from kconfig_configs import Built, Kind, Without
from kconfig_page import Control, Whole, page, reasons_in
from kconfig_state import State, kept

from orchestrator.config.fragments import combine, read_fragment, shipped

WHOLE = Whole("7.3.4", "2 x CPU", 981, Size(10 << 20, 1 << 20), 250.0, 1.5, 3)


def cost(
    name: str, kind: Kind = Kind.OFF, *, kib: int = 4, everywhere: bool = False, gone: int = 2
) -> Cost:
    objects = tuple(f"{number}.o" for number in range(gone))
    without = Without(f"CONFIG_{name}", kind, (f"CONFIG_{name}",), ("CONFIG_MSI",), objects)
    return Cost(without, 1.25, Size(kib << 10, 512), 0.5, 7, everywhere)


def rows(text: str, title: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    _, _, part = text.partition(f"## {title}\n")
    lines = [line for line in part.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_option_is_in_one_table_the_dearest_first() -> None:
    costs = [
        cost("SMALL", kib=1),
        cost("PCI", kib=9),
        cost("SMP", everywhere=True),
        cost("HELD", Kind.STAYS),
        cost("CPUS", Kind.DEFAULT),
        cost("OLD", Kind.ABSENT),
    ]
    text = page(WHOLE, costs, [], {"CONFIG_PCI": "A bus | for devices."})
    assert rows(text, "Options with a cost of their own") == [
        ["PCI", "MSI", "2", "1.2", "9.0", "0.5", "0.5", "7", "A bus / for devices."],
        ["SMALL", "MSI", "2", "1.2", "1.0", "0.5", "0.5", "7", ""],
    ]
    (smp,) = rows(text, "Options that change everything")
    assert smp[0] == "SMP" and smp[7] == "everywhere"
    assert rows(text, "Options that stay") == [["HELD", ""]]
    rest = rows(text, "Numbers, and what is off")
    assert [row[:2] for row in rest] == [
        ["CPUS", "Kconfig's number: objects that come: 0, that go: 2"],
        ["OLD", "this tree does not have it"],
    ]


def test_the_control_has_both_sides() -> None:
    control = Control(cost("PCI", kib=9), Size(12 << 10, 1024))
    assert rows(page(WHOLE, [], [control], {}), "Control") == [
        ["PCI", "2", "7", "9.0", "12.0", "0.5", "1.0"]
    ]


def test_reasons_are_the_comment_above_a_block() -> None:
    text = """\
# SPDX
# About the file.

# Two lines
# of reason.
CONFIG_A=y
CONFIG_B=y
# [optional] (6.9) The same.
# CONFIG_C is not set
CONFIG_D=y

CONFIG_E=y
"""
    assert reasons_in(text) == {
        "CONFIG_A": "Two lines of reason.",
        "CONFIG_B": "Two lines of reason.",
        "CONFIG_C": "Two lines of reason. (6.9) The same.",
        "CONFIG_D": "Two lines of reason.",
        "CONFIG_E": "",
    }


def test_every_option_shipped_has_a_reason() -> None:
    for path in shipped().values():
        text = path.read_text()
        reasons = reasons_in(text)
        for option in read_fragment(path, text):
            assert reasons.get(option.name), f"{path.name}:{option.line}: {option.name}"


def test_measurements_go_on_for_the_same_kernel_only(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    fresh = State("key", "CONFIG_A=y\n")
    assert kept(file, fresh) is fresh
    without = Without("CONFIG_A", Kind.OFF, ("CONFIG_A",), (), ("a.o",), (), True)
    built = Built({"CONFIG_A": "y"}, frozenset({"a.o"}), "-O2")
    saved = State("key", "CONFIG_A=y\n", built, {"CONFIG_A": without}, {"a.o": 0.5}, [{"f": 1.0}])
    file.write_bytes(msgspec.json.encode(saved))
    assert kept(file, fresh) == saved
    for other in (State("key2", "CONFIG_A=y\n"), State("key", "CONFIG_B=y\n")):
        assert kept(file, other) is other


def test_only_options_of_the_fragments_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    config = combine(kconfig_costs.FRAGMENT)
    said = kconfig_costs.parse(config, ["--only", "CONFIG_PCI,CONFIG_NUMA", "--control="])
    assert [option.name for option in said.options] == ["CONFIG_PCI", "CONFIG_NUMA"]
    assert said.controls == []
    usual = kconfig_costs.parse(config, [])
    assert [*usual.options] == [*config.options]
    assert [option.name for option in usual.controls] == [*kconfig_costs.CONTROLS]
    with pytest.raises(SystemExit):
        kconfig_costs.parse(config, ["--only", "PCI"])
    assert "no option 'PCI' in the fragments base and numa" in capsys.readouterr().err

# SPDX-License-Identifier: GPL-2.0-only
"""One option the other way: what is asked then, and what it does."""

from __future__ import annotations

import pytest
from kconfig_configs import Built, Kind, absent, effect, other_way, parse_walk

from orchestrator.model.job import KernelConfig, Option

FLAGS = "-O2 -m64"


def option(name: str, value: str, *, optional: bool = False) -> Option:
    return Option(f"CONFIG_{name}", value, "base.config", 1, optional)


PCI, MSI, NET, CPUS = (
    option("PCI", "y"),
    option("MSI", "y"),
    option("NET", "n"),
    option("CPUS", "64"),
)
NEW = option("NEW", "y", optional=True)
CONFIG = KernelConfig(("x",), (PCI, MSI, NET, CPUS, NEW))
BASE = Built(
    {"CONFIG_PCI": "y", "CONFIG_MSI": "y", "CONFIG_CPUS": "64", "CONFIG_HELD": "y"},
    frozenset({"a.o", "pci.o", "msi.o"}),
    FLAGS,
)


def test_the_other_way_of_each_sort() -> None:
    rest = "CONFIG_MSI=y\nCONFIG_NET=n\nCONFIG_CPUS=64\nCONFIG_NEW=y\n"
    assert other_way(CONFIG, PCI) == f"{rest}CONFIG_PCI=n\n"
    assert other_way(CONFIG, NET).endswith("CONFIG_NEW=y\nCONFIG_NET=y\n")
    assert "CPUS" not in other_way(CONFIG, CPUS)


def test_what_goes_with_an_option() -> None:
    other = Built(
        {"CONFIG_CPUS": "64", "CONFIG_HELD": "m", "CONFIG_STUB": "y"},
        frozenset({"a.o", "stub.o"}),
        FLAGS,
    )
    found = effect(CONFIG, PCI, BASE, other)
    assert found.kind is Kind.OFF
    assert found.changed == ("CONFIG_HELD", "CONFIG_MSI", "CONFIG_PCI", "CONFIG_STUB")
    assert found.also == ("CONFIG_MSI",)  # asked for; not the optional one, which was never there
    assert (found.gone, found.came) == (("msi.o", "pci.o"), ("stub.o",))
    assert not found.flags


def test_other_flags_are_told_and_other_white_space_is_not() -> None:
    options = {name: value for name, value in BASE.options.items() if name != "CONFIG_PCI"}
    assert effect(CONFIG, PCI, BASE, Built(options, BASE.objects, "-O2")).flags
    assert not effect(CONFIG, PCI, BASE, Built(options, BASE.objects, "-O2  -m64")).flags


@pytest.mark.parametrize(
    ("asked", "got", "kind"),
    [
        (PCI, BASE.options, Kind.STAYS),
        (NEW, BASE.options, Kind.ABSENT),
        (NET, {**BASE.options, "CONFIG_NET": "y"}, Kind.BROUGHT),
        (NET, BASE.options, Kind.STAYS),
        (CPUS, {**BASE.options, "CONFIG_CPUS": "8"}, Kind.DEFAULT),
    ],
)
def test_kinds(asked: Option, got: dict[str, str], kind: Kind) -> None:
    assert effect(CONFIG, asked, BASE, Built(got, BASE.objects, FLAGS)).kind is kind


def test_what_a_tree_does_not_have() -> None:
    assert absent(CONFIG, BASE) == (NEW,)


def test_kbuild_s_lists_among_words_of_make() -> None:
    text = "make: Entering\nobject ./kernel/fork.o\nobject lib/a.o\nflags  -O2 -m64\n"
    assert parse_walk(text) == (frozenset({"kernel/fork.o", "lib/a.o"}), "-O2 -m64")


@pytest.mark.parametrize("text", ["", "object a.o\nmake: *** Error 2\n", "flags -O2\n"])
def test_lists_that_break_off_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="not read to their end"):
        parse_walk(text)

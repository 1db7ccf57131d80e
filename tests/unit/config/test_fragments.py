# SPDX-License-Identifier: GPL-2.0-only
"""Fragments: reading, combining, comparing; and that each shipped option has its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.config import fragments
from orchestrator.config.fragments import (
    allconfig,
    check_sees,
    combine,
    combine_for,
    lost,
    purpose,
    read_fragment,
    shipped,
)
from orchestrator.config.topology import load_topology
from orchestrator.model.arch import ARCHES, named
from orchestrator.model.errors import UsageError
from orchestrator.model.job import KernelConfig, Option
from orchestrator.model.toolchain import Toolchain

FILE = Path("my.config")
BASE = shipped()["base"]


def written(folder: Path, name: str, text: str) -> str:
    path = folder / f"{name}.config"
    path.write_text(text)
    return str(path)


def values(config: KernelConfig) -> dict[str, str]:
    return {option.name: option.value for option in config.options}


def test_every_kind_of_line() -> None:
    text = (
        "# SPDX\n\n# a reason\nCONFIG_A=y\nCONFIG_B=17\nCONFIG_C=\"a b\"\n"
        "# CONFIG_D is not set\n# [optional] new in 6.9\nCONFIG_E=m\nCONFIG_F=0x1f\n"
    )  # fmt: skip
    assert read_fragment(FILE, text) == (
        Option("CONFIG_A", "y", "my.config", 4),
        Option("CONFIG_B", "17", "my.config", 5),
        Option("CONFIG_C", '"a b"', "my.config", 6),
        Option("CONFIG_D", "n", "my.config", 7),
        Option("CONFIG_E", "m", "my.config", 9, optional=True),
        Option("CONFIG_F", "0x1f", "my.config", 10),
    )


@pytest.mark.parametrize("line", ["CONFIG_A", "A=y", "CONFIG_A = y", " CONFIG_A=y", "CONFIG_A=y z"])
def test_a_bad_line_is_told_with_file_and_line(line: str) -> None:
    with pytest.raises(UsageError, match=r"^my\.config:3: not a Kconfig line") as caught:
        read_fragment(FILE, f"# fine\nCONFIG_B=y\n{line}\n")
    assert "CONFIG_NAME=value" in caught.value.hint


def names(text: str, arch: str) -> list[str]:
    return [option.name.removeprefix("CONFIG_") for option in read_fragment(FILE, text, arch)]


def test_options_of_one_architecture() -> None:
    """The mark is about those right below, up to the next comment or empty line."""
    text = (
        "# both\nCONFIG_A=y\n# [arm64] its\n# own\nCONFIG_B=y\nCONFIG_C=y\n# both\nCONFIG_D=y\n"
        "# [x86_64] the other's\n# CONFIG_E is not set\n\nCONFIG_F=y\n"
        "# [arm64] [x86_64] each\nCONFIG_G=y\n# [riscv] a word\nCONFIG_H=y\n"
    )  # fmt: skip
    assert names(text, "arm64") == ["A", "B", "C", "D", "F", "G", "H"]
    assert names(text, "x86_64") == ["A", "D", "E", "F", "G", "H"]


def test_marks_together() -> None:
    text = (
        "# [arm64] [optional] may go\nCONFIG_A=y\nCONFIG_B=y\n"
        "# [x86_64] its\n# [optional] and it may go\nCONFIG_C=y\nCONFIG_D=y\n# all\nCONFIG_E=y\n"
    )
    arm64 = read_fragment(FILE, text, "arm64")
    assert [(each.name[-1], each.optional) for each in arm64] == [
        ("A", True), ("B", False), ("E", False),
    ]  # fmt: skip
    x86 = read_fragment(FILE, text)
    assert [(each.name[-1], each.optional) for each in x86] == [
        ("C", True), ("D", False), ("E", False),
    ]  # fmt: skip
    assert fragments.without_marks("# [arm64] [optional] (6.9) why") == "# (6.9) why"


def test_a_mark_hides_no_slip(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"my\.config:2: not a Kconfig line"):
        read_fragment(FILE, "# [arm64]\nCONFIG_A = y\n", "x86_64")
    conflict = written(tmp_path, "c", "# [arm64] n\nCONFIG_X=n\n# [x86_64] y\nCONFIG_X=y\n")
    for arch, value in (("arm64", "n"), ("x86_64", "y")):
        config = combine(conflict, Toolchain(named(arch)))
        assert config.arch == arch and values(config)["CONFIG_X"] == value


def test_base_comes_first_and_a_later_fragment_may_override_it(tmp_path: Path) -> None:
    first = read_fragment(BASE, BASE.read_text())[0]
    mine = written(tmp_path, "mine", f"{first.name}=n\nCONFIG_MINE=y\n")
    config = combine(mine)
    assert config.label == "mine"
    assert values(config)[first.name] == "n"
    assert values(config)["CONFIG_MINE"] == "y"
    assert len(config.options) == len({option.name for option in config.options})


def test_a_conflict_names_both_places(tmp_path: Path) -> None:
    one = written(tmp_path, "one", "# c\nCONFIG_X=y\n")
    two = written(tmp_path, "two", "CONFIG_Y=y\nCONFIG_Z=y\nCONFIG_X=m\n")
    with pytest.raises(UsageError) as caught:
        combine(f"{one},{two}")
    assert f"be y ({one}:2) and m ({two}:3)" in caught.value.message
    assert "CONFIG_X" in caught.value.message and "exclude each other" in caught.value.hint


def test_the_same_value_twice_is_no_conflict(tmp_path: Path) -> None:
    one = written(tmp_path, "one", "# [optional] maybe\nCONFIG_X=y\n# [optional]\nCONFIG_O=y\n")
    two = written(tmp_path, "two", "CONFIG_X=y\n# [optional]\nCONFIG_O=y\n")
    config = combine(f"{one}, {two},{one}")
    assert config.names == ("one", "two")
    by_name = {option.name: option for option in config.options}
    assert not by_name["CONFIG_X"].optional  # one of the two insists
    assert by_name["CONFIG_O"].optional


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        ("nmua", "no configuration named 'nmua'", "did you mean numa?"),
        ("numa,lockdp", "no configuration named 'lockdp'", "did you mean lockdep?"),
        ("qqqqqq", "no configuration named 'qqqqqq'", "there are: acpi, base,"),
        (" , ", "--config names no fragment", "there are: acpi, base,"),
        ("./none.config", "no fragment file ./none.config", "list"),
    ],
)
def test_what_does_not_exist(spec: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        combine(spec)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.config").write_bytes(b"\xff\xff")
    with pytest.raises(UsageError, match="cannot read"):
        combine(str(tmp_path / "a.config"))


def test_allconfig_and_dotconfig() -> None:
    config = KernelConfig(("x",), read_fragment(FILE, 'CONFIG_A=y\nCONFIG_S="a"\nCONFIG_N=n\n'))
    assert allconfig(config) == 'CONFIG_A=y\nCONFIG_S="a"\nCONFIG_N=n\n'
    assert fragments.read_dotconfig("#\n# CONFIG_B is not set\nCONFIG_A=y\nCONFIG_S=\"\"\n") == {
        "CONFIG_A": "y",
        "CONFIG_S": '""',
    }  # fmt: skip


def test_lost_options_are_found_and_optional_ones_forgiven() -> None:
    text = "CONFIG_A=y\nCONFIG_N=n\nCONFIG_M=m\n# [optional]\nCONFIG_O=y\n"
    config = KernelConfig(("x",), read_fragment(FILE, text))
    assert lost(config, {"CONFIG_A": "y", "CONFIG_M": "m"}) == ()
    gone = lost(config, {"CONFIG_N": "y", "CONFIG_M": "y", "CONFIG_O": "m"})
    assert [option.name for option in gone] == ["CONFIG_A", "CONFIG_N", "CONFIG_M"]


def without_reason(text: str) -> list[str]:
    """Options that do not stand in a block of lines that a comment opens."""
    found, explained = [], False
    for line in text.splitlines():
        if re.match(r"CONFIG_\w+=|# CONFIG_\w+ is not set", line):
            if not explained:
                found.append(line)
        else:
            explained = line.startswith("#") and len(line.strip("# ")) > 3
    return found


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_option_has_its_reason(name: str) -> None:
    text = shipped()[name].read_text()
    assert text.startswith("# SPDX-License-Identifier: GPL-2.0-only\n")
    assert without_reason(text) == []
    assert read_fragment(shipped()[name], text)


def test_an_option_without_a_reason_would_be_seen() -> None:
    assert without_reason("# a reason\nCONFIG_A=y\n\nCONFIG_B=y\n# CONFIG_C is not set\n") == [
        "CONFIG_B=y",
        "# CONFIG_C is not set",
    ]
    assert without_reason("#\nCONFIG_A=y\n") == ["CONFIG_A=y"]


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_fragment_combines_and_says_what_it_is_for(name: str, arch: str) -> None:
    own = read_fragment(shipped()[name], shipped()[name].read_text(), arch)
    assert (
        values(combine(name, Toolchain(named(arch)))).items()
        >= values(KernelConfig((), own)).items()
    )
    words = purpose(shipped()[name])
    assert len(words) > 10 and "SPDX" not in words and "\n" not in words


def test_numa_and_nonuma_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="CONFIG_NUMA is asked to be"):
        combine("numa,nonuma")


def test_what_only_acpi_tells_is_not_for_guests_without_it() -> None:
    machine = load_topology("memplug")
    assert "acpi" in combine_for("numa", machine).names
    with pytest.raises(UsageError, match="memplug needs ACPI, which arm64 guests are without"):
        combine_for("numa", machine, Toolchain(named("arm64")))
    assert combine_for("numa", load_topology("numa2"), Toolchain(named("arm64"))).arch == "arm64"


@pytest.mark.parametrize("name", ["hmat", "memplug", "cpuplug"])
def test_a_machine_with_such_parts_brings_its_fragment(name: str) -> None:
    machine = load_topology(name)
    config = combine_for("numa", machine)
    assert config.label == "numa+acpi"
    assert combine_for("numa,acpi", machine) == config == combine_for(" numa , acpi,", machine)
    check_sees(config, machine)
    check_sees(combine("nonuma"), load_topology("numa4"))


def test_a_kernel_that_would_not_see_the_machine_is_refused() -> None:
    machine = load_topology("cpuplug")
    with pytest.raises(UsageError) as caught:
        check_sees(combine("numa,lockdep"), machine)
    assert caught.value.message == (
        "topology cpuplug needs CONFIG_ACPI_HMAT, which numa+lockdep is without"
    )
    assert caught.value.hint == "add the fragment acpi: --config numa,lockdep,acpi"
    with pytest.raises(UsageError, match="needs CONFIG_NUMA, which kasan"):
        combine_for("kasan", machine)

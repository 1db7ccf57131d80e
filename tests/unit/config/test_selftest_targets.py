# SPDX-License-Identifier: GPL-2.0-only
"""--kselftest: names, what lies beside a target's Makefile, its list of tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.config.fragments import combine
from orchestrator.config.selftests import (
    DEFAULT_S,
    ENDLESS_S,
    SelftestFiles,
    checked,
    chosen,
    own_options,
    read_list,
    targets_in,
    with_options,
)
from orchestrator.model.errors import UsageError

TARGETS = {name: SelftestFiles() for name in ("kcmp", "clone3", "net", "net/mptcp", "timers")}


def test_a_folder_with_a_makefile_of_lib_mk_is_one(tmp_path: Path) -> None:
    for name, text in {
        "kcmp/Makefile": "TEST_GEN_PROGS := kcmp_test\ninclude ../lib.mk\n",
        "kcmp/config": "CONFIG_KCMP=y\n",
        "net/mptcp/Makefile": "include ../../lib.mk\n",
        "net/mptcp/settings": "timeout=1800\n",
        "kmod/test_modules/Makefile": "obj-m += a.o\n",
        "Makefile": "TARGETS += kcmp\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "away").mkdir()
    (tmp_path / "away/Makefile").symlink_to("../kcmp/Makefile")
    found = targets_in(tmp_path)
    assert found == {
        "kcmp": SelftestFiles(config="CONFIG_KCMP=y\n"),
        "net/mptcp": SelftestFiles(settings="timeout=1800\n"),
    }


@pytest.mark.parametrize(
    ("settings", "limit_s"),
    [("", DEFAULT_S), ("timeout=300\n", 300), ("timeout=0\n", ENDLESS_S), ("# timeout=9\n", 45)],
)
def test_what_a_test_may_take(settings: str, limit_s: int) -> None:
    assert SelftestFiles(settings=settings).limit_s == limit_s


@pytest.mark.parametrize(
    "name", ["", "..", "../kcmp", "a/../b", "/etc/x y", "-f", "a b", "k;id", "a\nb", "\x1b[2J", "é"]
)
def test_what_can_be_no_name(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a target") as error:
        checked([name])
    assert "\x1b" not in error.value.message and "\n" not in error.value.message


def test_each_once_in_the_order_asked() -> None:
    assert checked(["timers/", "kcmp", "timers"]) == ("timers", "kcmp")


@pytest.mark.parametrize(
    ("name", "near"),
    [("kcpm", "did you mean kcmp?"), ("mptcp", "net/mptcp"), ("qqqqqq", "there are 5")],
)
def test_a_target_that_there_is_not(name: str, near: str) -> None:
    with pytest.raises(UsageError, match="no such target") as error:
        chosen([name], TARGETS)
    assert near in error.value.hint


def test_a_tree_without_selftests() -> None:
    with pytest.raises(UsageError, match="this tree has no tools/testing/selftests"):
        chosen(["kcmp"], {})


def test_what_a_target_asks_for_is_added_and_modules_are_built_in() -> None:
    config = combine("numa")
    text = "# why\nCONFIG_KCMP=y\nCONFIG_TEST_LKM=m\nCONFIG_NUMA=y\n"
    more, odd = with_options(config, {"kcmp": SelftestFiles(config=text)})
    assert odd == () and more.names == config.names
    own = {one.name: one for one in own_options(more)}
    assert {name: one.value for name, one in own.items()} == {
        "CONFIG_KCMP": "y",
        "CONFIG_TEST_LKM": "y",
    }
    place = own["CONFIG_TEST_LKM"]
    assert (place.file, place.line) == ("tools/testing/selftests/kcmp/config", 3)
    assert all(one.optional for one in own.values())


def test_lines_that_say_nothing_are_told() -> None:
    text = "CONFIG_TUN\nCONFIG_KCMP=y\n\x1b[2J\n"
    more, odd = with_options(combine("numa"), {"net": SelftestFiles(config=text)})
    assert [line.partition(": ")[0] for line in odd] == [
        "tools/testing/selftests/net/config:1",
        "tools/testing/selftests/net/config:3",
    ]
    assert [one.name for one in own_options(more)] == ["CONFIG_KCMP"]


def test_the_contrary_of_what_a_fragment_asks_for() -> None:
    files = {"mm": SelftestFiles(config="CONFIG_NUMA=y\n")}
    with pytest.raises(UsageError, match=r"CONFIG_NUMA .*selftests/mm/config:1"):
        with_options(combine("nonuma"), files)


def test_a_list_of_tests() -> None:
    assert read_list("a/b:x.sh\na/b:y\n\na/b:x.sh\n", "a/b") == ("x.sh", "y")


@pytest.mark.parametrize("line", ["a:x", "a/b:", "x.sh", "a/b:x y", "a/b:$(id)", "a/b:x;id"])
def test_a_line_that_is_no_test(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_list(f"a/b:good\n{line}\n", "a/b")

# SPDX-License-Identifier: GPL-2.0-only
"""What differs between two trees, and what of the objects may be taken over. (With make: edge.)"""

from __future__ import annotations

import pytest

from orchestrator.plan.lineage import (
    FEW,
    Difference,
    difference,
    folders_with_new_rules,
    from_nothing,
    new_names,
    same_configuration,
    stem,
    stems,
    without_command,
)

OLD = {
    "Makefile": "- 1",
    "kernel/fork.c": "- 2",
    "include/uapi/linux/types.h": "- 3",
    "include/dt-bindings": "l 4",
    "scripts/kallsyms.c": "- 5",
    "kernel/gone.c": "- 6",
}


def changed(path: str, row: str = "- 9") -> tuple[Difference, dict[str, str]]:
    new = {**OLD, path: row}
    return difference(OLD, new), new


def test_the_difference_of_two_trees() -> None:
    new = {**OLD, "kernel/fork.c": "x 2", "include/linux/types.h": "- 8"}
    del new["kernel/gone.c"]
    found = difference(OLD, new)
    assert found == Difference(
        changed=("kernel/fork.c",),
        came=("include/linux/types.h",),
        went=("kernel/gone.c",),
        namesakes=("include/uapi/linux/types.h",),
    )
    assert difference(OLD, dict(OLD)) == Difference()


@pytest.mark.parametrize(
    "path",
    [
        "kernel/fork.c",
        "kernel/new.S",
        "include/linux/types.h",
        "Makefile",
        "kernel/Kconfig.preempt",
        "drivers/base/Kbuild",
        "MAINTAINERS",
        "Documentation/x.rst",
        "tools/testing/selftests/run.sh",
        "arch/arm64/tools/gen.sh",
        "kernel/.gitignore",
    ],
)
def test_what_make_can_follow(path: str) -> None:
    change, new = changed(path)
    assert from_nothing(change, OLD, new) == ""


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("scripts/kallsyms.c", "part of the build"),
        ("scripts/Makefile.build", "part of the build"),
        ("tools/objtool/check.c", "part of the build"),
        ("arch/x86/tools/relocs.c", "part of the build"),
        ("arch/x86/entry/syscalls/syscall_64.tbl", "read by anything"),
        ("kernel/gen_kheaders.sh", "read by anything"),
        ("include/dt-bindings", "is a link"),
    ],
)
def test_what_it_cannot(path: str, why: str) -> None:
    change, new = changed(path)
    assert why in from_nothing(change, OLD, new)


def test_a_link_that_came_or_went_or_is_a_namesake() -> None:
    change, new = changed("include/new", "l 9")
    assert "is a link" in from_nothing(change, OLD, new)
    assert "is a link" in from_nothing(difference(new, OLD), new, OLD)
    change, new = changed("kernel/dt-bindings")
    assert "is a link" in from_nothing(change, OLD, new)


def test_too_much_differs() -> None:
    new = {**OLD, **{f"kernel/{number}.c": "- 1" for number in range(FEW + 1)}}
    assert from_nothing(difference(OLD, new), OLD, new) == f"{FEW + 1} files differ"


@pytest.mark.parametrize("name", ["fork.c", "fork.o", ".fork.o.cmd", "fork.o_shipped"])
def test_stems(name: str) -> None:
    assert stem(name) == "fork"


def test_what_bears_the_name_of_what_came_or_went() -> None:
    change = Difference(changed=("a/b.c",), came=("kernel/new.c",), went=("kernel/old.S", "top.c"))
    assert stems(change) == {"kernel": frozenset({"new", "old"}), ".": frozenset({"top"})}


def test_names_that_nothing_includes() -> None:
    came = ("a/Makefile", "a/Kconfig.x", "a/Kbuild", ".gitignore", "a/x.h")
    assert new_names(came) == frozenset({"x.h"})


def test_folders_with_new_rules() -> None:
    change = Difference(changed=("Makefile", "lib/Makefile", "mm/slub.c"), came=("lib/x/Kbuild",))
    assert folders_with_new_rules(change) == ("lib", "lib/x")


def test_files_without_a_saved_command() -> None:
    names = ("table.h", "crc.o", ".crc.o.cmd")
    assert without_command(names) == ("table.h",)


def test_what_the_configuration_may_hang_on() -> None:
    assert same_configuration(Difference(changed=("kernel/kthread.c",), came=("mm/x.h",)))
    for path in ("Makefile", "kernel/Kconfig.locks", "Documentation/Kconfig", "init/x.rst"):
        assert not same_configuration(Difference(went=(path,)))

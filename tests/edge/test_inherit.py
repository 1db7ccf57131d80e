# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that starts from another one's objects is the one that is built from nothing.

Each rule is shown twice: with it both are the same, byte for byte; without it they are not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from small_kbuild import FILES, Builds, small_tree, write

from orchestrator.edge import inherit, process
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.store import Store
from orchestrator.model.errors import BuildBroken
from orchestrator.model.job import Tree
from orchestrator.model.progress import silent
from orchestrator.plan import lineage

KTHREAD, FORK, CRC = "kernel/kthread.o", "kernel/fork.o", "lib/crc.o"
Change = Callable[[Path], None]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return small_tree(tmp_path / "linux")


@pytest.fixture
def builds(store: Store, tmp_path: Path) -> Builds:
    return Builds(store, tmp_path / "build.log")


def snapshot(tree: Path, builds: Builds) -> Tree:
    return adopt(tree, builds.store, silent)


def to(name: str, text: str) -> Change:
    return lambda tree: write(tree / name, text)


def without(name: str) -> Change:
    return lambda tree: (tree / name).unlink()


def line(name: str, old: str, new: str) -> Change:
    return to(name, FILES[name].replace(old, new))


def both(*changes: Change) -> Change:
    def change(tree: Path) -> None:
        for each in changes:
            each(tree)

    return change


def image(builds: Builds, tree: Path) -> bytes:
    """What the build leaves; b"" if there is no such kernel."""
    try:
        return builds.build(snapshot(tree, builds)).vmlinux.read_bytes()
    except BuildBroken:
        return b""


def two_ways(builds: Builds, tree: Path, tmp_path: Path, change: Change) -> tuple[bytes, bytes]:
    """The changed tree's image in a store with the old one's objects, and in an empty store."""
    assert image(builds, tree) and not builds.inherited
    change(tree)
    here = image(builds, tree)
    return here, image(Builds(Store(tmp_path / "empty"), tmp_path / "other.log"), tree)


# What is changed → what is compiled; every user's file keeps its old age.
SEEN = {
    "a line": (line("kernel/kthread.c", "return", "return 7 +"), [KTHREAD]),
    "a header": (to("include/linux/kthread.h", "#define KTHREAD 9\n"), [FORK, KTHREAD]),
    "what a header is made of": (to("lib/seed.h", "#define SEED 4\n"), [CRC]),
    "Kconfig": (to("Kconfig", "CONFIG_LARGE=y\n"), [FORK, KTHREAD, CRC]),
    "flags": (line("Makefile", "-I../include ", "-I../include -DMORE "), [FORK, KTHREAD, CRC]),
    "a file more": (
        both(
            to("kernel/more.c", "int more;\n"),
            line("kernel/Makefile", "fork.o", "fork.o kernel/more.o"),
        ),
        ["kernel/more.o"],
    ),
    "a file less": (
        both(without("kernel/fork.c"), line("kernel/Makefile", "kernel/fork.o", "")),
        [],
    ),
    "a document": (to("Documentation/kthread.rst", "Threads\n"), []),
}


def touch(tree: Path) -> None:
    """As after `git checkout` there and back."""
    for path in [*tree.rglob("*.[ch]"), tree / "Kconfig"]:
        write(path, path.read_text() + "\n" * (path.name == "kthread.c"))
        os.utime(path)


@pytest.mark.parametrize("name", SEEN)
def test_a_change_costs_what_it_touches(
    builds: Builds, tree: Path, tmp_path: Path, name: str
) -> None:
    change, compiled = SEEN[name]
    here, fresh = two_ways(builds, tree, tmp_path, change)
    assert here == fresh != b""
    assert builds.inherited
    assert sorted(builds.compiled) == compiled


def test_new_ages_alone_cost_nothing(builds: Builds, tree: Path, tmp_path: Path) -> None:
    here, fresh = two_ways(builds, tree, tmp_path, touch)
    assert here == fresh != b""
    assert builds.compiled == [KTHREAD]  # it has another line, too


def test_new_ages_would_cost_all(
    builds: Builds, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inherit, "_keep_ages", lambda *_: None)
    two_ways(builds, tree, tmp_path, touch)
    assert len(builds.compiled) == 3


# What make does not see → the rule that covers it, and what that is without it.
UNSEEN: dict[str, tuple[Change, object, str, object]] = {
    "an old file": (
        line("kernel/kthread.c", "return", "return 7 +"),
        *(inherit, "_make_newer", lambda *_: None),
    ),
    "a header that hides another": (
        to("include/linux/types.h", "#define TYPES 8\n"),
        *(lineage, "new_names", lambda _: frozenset()),
    ),
    "a header that hides a generated one": (
        to("include/table.h", "#define TABLE 8\n"),
        *(lineage, "new_names", lambda _: frozenset()),
    ),
    "a source that is gone": (
        without("kernel/fork.c"),
        *(lineage, "stems", lambda _: {}),
    ),
    "a rule without a saved command": (
        line("lib/Makefile", "SEED/TABLE/'", "SEED.*/TABLE 77/'"),
        *(lineage, "folders_with_new_rules", lambda _: ()),
    ),
    "a script of the build": (
        to("scripts/kallsyms.sh", "echo other\n"),
        *(lineage, "from_nothing", lambda *_: ""),
    ),
    "what only the assembler reads": (
        to("kernel/blob.bin", "other\n"),
        *(lineage, "from_nothing", lambda *_: ""),
    ),
}


def odd_tree(tree: Path) -> None:
    """With a blob that .incbin reads, of which the compiler's lists say nothing."""
    write(tree / "kernel/blob.bin", "one\n")
    blob = '__asm__(".incbin \\"../kernel/blob.bin\\"");\n'
    write(tree / "kernel/fork.c", FILES["kernel/fork.c"] + blob)


@pytest.mark.parametrize("name", UNSEEN)
def test_what_make_does_not_see(builds: Builds, tree: Path, tmp_path: Path, name: str) -> None:
    odd_tree(tree)
    here, fresh = two_ways(builds, tree, tmp_path, UNSEEN[name][0])
    assert here == fresh


@pytest.mark.parametrize("name", UNSEEN)
def test_each_rule_is_needed(
    builds: Builds, tree: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, module, rule, nothing = UNSEEN[name]
    monkeypatch.setattr(module, rule, nothing)
    odd_tree(tree)
    here, fresh = two_ways(builds, tree, tmp_path, change)
    assert here != fresh, "an outdated object was used"


def test_a_source_that_is_gone_breaks_the_build(builds: Builds, tree: Path) -> None:
    builds.build(snapshot(tree, builds))
    (tree / "kernel/fork.c").unlink()
    with pytest.raises(BuildBroken):
        builds.build(snapshot(tree, builds))


def test_objects_from_the_future(builds: Builds, tree: Path, tmp_path: Path) -> None:
    """Our clock went back since they were made."""
    first = builds.build(snapshot(tree, builds))
    ahead_ns = time.time_ns() + 3600 * 10**9
    for path in [*first.obj.rglob("*"), first.src.parent / inherit.FACTS]:
        os.utime(path, ns=(ahead_ns, ahead_ns))
    line("kernel/kthread.c", "return", "return 7 +")(tree)
    assert KTHREAD in (image(builds, tree) and builds.compiled)
    assert builds.inherited


def test_what_one_build_made_newer_is_as_old_for_the_next(builds: Builds, tree: Path) -> None:
    builds.build(snapshot(tree, builds))
    line("kernel/kthread.c", "return", "return 7 +")(tree)
    builds.build(snapshot(tree, builds))
    line("lib/crc.c", "return", "return 7 +")(tree)
    builds.build(snapshot(tree, builds))
    assert builds.compiled == [CRC]


def test_objects_are_used_at_the_path_they_were_made_at(
    builds: Builds, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds.build(snapshot(tree, builds))
    nearest = inherit.nearest

    def elsewhere(*args: object) -> inherit.Relative | None:
        found = nearest(*args)  # type: ignore[arg-type]
        return found and replace(found, built_at="elsewhere")

    monkeypatch.setattr(inherit, "nearest", elsewhere)
    line("kernel/kthread.c", "return", "return 7 +")(tree)
    builds.build(snapshot(tree, builds))
    assert len(builds.compiled) == 3, "without the rule"
    monkeypatch.undo()
    line("kernel/kthread.c", "return", "return 8 +")(tree)
    builds.build(snapshot(tree, builds))
    assert builds.compiled == [KTHREAD]


def patch(folder: Path, number: int, file: str, total: int = 3) -> Path:
    """As workflow/patches.py writes it: the subject counts the patches of this run."""
    name = file.partition("/")[2].partition(".")[0]
    old = FILES[file].splitlines()[-1]
    path = folder / f"{number}-of-{total}.patch"
    path.write_text(
        f"Subject: [PATCH {number}/{total}] {name}\n\n---\n--- a/{file}\n+++ b/{file}\n"
        f"@@ -{len(FILES[file].splitlines())} +{len(FILES[file].splitlines())} @@\n"
        f"-{old}\n+{old.replace('return', 'return 5 +')}\n"
    )
    return path


def test_each_patch_of_a_series_starts_from_the_one_before(
    builds: Builds, tree: Path, tmp_path: Path
) -> None:
    base = snapshot(tree, builds)
    builds.build(base)
    files = ("kernel/kthread.c", "kernel/fork.c", "lib/crc.c")
    compiled = []
    for count in (1, 2, 3):
        series = enumerate(files[:count], start=1)
        builds.build(base, tuple(patch(tmp_path, n, file, count) for n, file in series))
        compiled.append(builds.compiled)
        assert builds.notes == ["starting from the objects of a kernel; files that differ: 1"]
    assert compiled == [[KTHREAD], [FORK], [CRC]]
    assert image(Builds(Store(tmp_path / "empty"), tmp_path / "log"), tree) != b""


def test_a_patch_that_was_committed_costs_nothing(
    builds: Builds, tree: Path, tmp_path: Path
) -> None:
    """The user's tree then holds what was built as a patch."""
    builds.build(snapshot(tree, builds), (patch(tmp_path, 1, "lib/crc.c", 1),))
    line("lib/crc.c", "return", "return 5 +")(tree)
    assert not builds.build(snapshot(tree, builds)).cached
    assert builds.inherited and "make" not in builds.log.read_text()


def test_variables_are_taken_on_but_not_over(builds: Builds, tree: Path) -> None:
    base = snapshot(tree, builds)
    builds.build(base)
    builds.build(base, variables=("CFLAGS_GCOV=--coverage",))
    assert builds.inherited and "make" in builds.log.read_text()
    line("kernel/kthread.c", "return", "return 7 +")(tree)
    builds.build(snapshot(tree, builds))
    kin = [path.parent.name for path in builds.store.folder("kernels").glob("*/kernel.json")]
    assert len(kin) == 3 and builds.inherited and builds.compiled == [KTHREAD]


def test_warnings_of_all_objects_whoever_made_them(builds: Builds, tree: Path) -> None:
    write(tree / "lib/crc.c", FILES["lib/crc.c"] + "#warning lib\n")
    write(tree / "kernel/fork.c", FILES["kernel/fork.c"] + "#warning fork\n")
    first = builds.build(snapshot(tree, builds))
    assert [text.rpartition("warning: ")[2].split()[0] for text in first.warnings] == [
        *("#warning", "#warning"),
    ]
    write(tree / "kernel/fork.c", FILES["kernel/fork.c"])
    second = builds.build(snapshot(tree, builds))
    assert builds.compiled == [FORK]
    assert len(second.warnings) == 1 and "lib/crc.c" in second.warnings[0]


def test_nothing_changed_starts_no_make(
    builds: Builds, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    run = process.run

    def counting(argv: tuple[str, ...], **options: object) -> object:
        started.extend(argv)  # bwrap's words come before make's
        return run(argv, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "run", counting)
    assert not builds.build(snapshot(tree, builds)).cached
    assert started.count("make") == 2
    started.clear()
    touch_all(tree)
    assert builds.build(snapshot(tree, builds)).cached
    assert "make" not in started


def touch_all(tree: Path) -> None:
    for path in tree.rglob("*"):
        os.utime(path)


def test_a_distant_tree_shares_nothing(builds: Builds, tree: Path) -> None:
    builds.build(snapshot(tree, builds))
    for number in range(lineage.FEW + 1):
        write(tree / f"drivers/{number}.c", "int x;\n")
    builds.build(snapshot(tree, builds))
    assert not builds.inherited


def test_half_made_entries_and_others_are_no_relatives(builds: Builds, tree: Path) -> None:
    kernels = builds.store.folder("kernels")
    (kernels / ".key.1.partial").mkdir()
    (kernels / "of-before").mkdir()
    (kernels / "of-before/kernel.json").write_text('{"release": "7.3.4", "warnings": []}')
    (kernels / "broken").mkdir()
    (kernels / "broken/kernel.json").write_text("[")
    builds.build(snapshot(tree, builds))
    assert not builds.inherited


def test_an_unpatched_kernel_from_before_lists_were_kept(
    builds: Builds, tree: Path, tmp_path: Path
) -> None:
    base = builds.build(snapshot(tree, builds))
    entry = base.src.parent
    (entry / inherit.LIST).unlink()
    (entry / inherit.FACTS).write_text('{"release": "7.3.4", "warnings": []}')
    builds.build(snapshot(tree, builds), (patch(tmp_path, 1, "lib/crc.c", 1),))
    assert builds.inherited and builds.compiled == [CRC]


def test_objects_that_make_cannot_use_are_no_fault_of_the_kernel(
    builds: Builds, tree: Path, tmp_path: Path
) -> None:
    first = builds.build(snapshot(tree, builds))
    (first.obj / "kernel/.fork.o.cmd").write_text("kernel/fork.o: gone.h\n")
    line("kernel/kthread.c", "return", "return 7 +")(tree)
    second = builds.build(snapshot(tree, builds))
    assert "again, from nothing" in builds.notes[-1]
    assert len(builds.compiled) >= 3 and not second.relative
    assert image(Builds(Store(tmp_path / "empty"), tmp_path / "log"), tree) == (
        second.vmlinux.read_bytes()
    )


def test_what_the_compiler_refuses_is_not_tried_again(builds: Builds, tree: Path) -> None:
    builds.build(snapshot(tree, builds))
    line("kernel/kthread.c", "return", "retrun")(tree)
    with pytest.raises(BuildBroken):
        builds.build(snapshot(tree, builds))
    assert builds.compiled == [KTHREAD]


def test_only_what_kconfig_reads_makes_it_run_again(builds: Builds, tree: Path) -> None:
    ran = []
    for change in (line("lib/crc.c", "return", "return 7 +"), to("Kconfig", "CONFIG_LARGE=y\n")):
        image(builds, tree)
        change(tree)
        image(builds, tree)
        assert builds.inherited
        ran.append("allnoconfig" in builds.log.read_text())
    assert ran == [False, True]

# SPDX-License-Identifier: GPL-2.0-only
"""One object again by kbuild's saved command, with real gcc; and what two builds show."""

from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from msgspec.structs import replace
from profiled import C_FILE, SOURCE, Built, build

from orchestrator.edge.recompile import compile_like, compiled_lines, text_sizes
from orchestrator.model.compare import Line, Size
from orchestrator.workflow.inspect_build import (
    new_warnings,
    patch_coverage,
    read_changes,
    sizes,
    whole_diff,
)

LARGER = SOURCE.replace("\treturn x / 2;\n", "\treturn x / 2 + x % 3 + (x ^ 5) / (x | 1);\n")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("head"), LARGER.replace("!= 21", "< 0"))


def state(tree: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in tree.rglob("*")}


def test_sizes_without_counters_and_clones(base: Built) -> None:
    before = state(base.tree)
    found = text_sizes(base.kernel, C_FILE)
    assert set(found) == {"twice", "half", "main"}  # half.constprop.0, which has lost a parameter
    assert 0 < found["twice"] < 40  # with counters it is twice that
    assert state(base.tree) == before


def test_lines_the_preprocessor_leaves(base: Built) -> None:
    before = state(base.tree)
    found = compiled_lines(base.kernel, C_FILE)
    assert found is not None
    assert {3, 5, 6, 10, 13, 22} <= found
    assert not {1, 2, 7, 8, 9} & found
    assert state(base.tree) == before


def test_lines_of_included_files_are_not_its_own(tmp_path: Path) -> None:
    built = build(tmp_path / "tree", SOURCE)
    (built.tree / "include/kernel").mkdir()
    (built.tree / "include/atwice.c").write_text("\n" * 499 + "int unused;\n")
    text = SOURCE.replace("#include", '#include "atwice.c"\n#include', 1)
    (built.tree / C_FILE).write_text(text)
    found = compiled_lines(built.kernel, C_FILE)
    assert found is not None
    assert 500 not in found and max(found) < 30


@pytest.mark.parametrize("file", ["kernel/absent.c", "drivers/none.c"])
def test_no_object(base: Built, file: str) -> None:
    assert text_sizes(base.kernel, file) == {}
    assert compiled_lines(base.kernel, file) is None


def test_another_file_as_this_one(base: Built, tmp_path: Path) -> None:
    """With its options, and with types that only its source has."""
    before = state(base.tree)
    source, made = tmp_path / "other.c", tmp_path / "other.o"
    source.write_text(f'#include "{C_FILE}"\nint four[DOUBLE(2)];\n')
    assert compile_like(base.kernel, C_FILE, source, made, ("-g",), 60) == ""
    with made.open("rb") as stream:
        assert ELFFile(stream).has_dwarf_info()
    source.write_text("struct unknown odd;\n")
    assert "error: " in compile_like(base.kernel, C_FILE, source, made, (), 60)
    said = compile_like(base.kernel, "kernel/absent.c", source, made, (), 60)
    assert said == "the kernel has no object of kernel/absent.c"
    assert state(base.tree) == before


def test_a_source_that_no_longer_compiles(tmp_path: Path) -> None:
    built = build(tmp_path / "tree")
    (built.tree / C_FILE).write_text("#error no\n")
    assert text_sizes(built.kernel, C_FILE) == {}
    assert compiled_lines(built.kernel, C_FILE) is None


@pytest.mark.parametrize("text", ["", "\n", "# no command\n"])
def test_a_command_file_without_a_command(tmp_path: Path, text: str) -> None:
    built = build(tmp_path / "tree")
    (built.obj / "kernel/.twice.o.cmd").write_text(text)
    assert compiled_lines(built.kernel, C_FILE) in (None, set())


def test_sizes_that_differ(base: Built, head: Built) -> None:
    found = sizes(base.kernel, head.kernel, [C_FILE, "kernel/absent.c"])
    assert "half" in {size.function for size in found}
    assert all(isinstance(size, Size) and size.base != size.head for size in found)
    assert sizes(base.kernel, base.kernel, [C_FILE]) == ()


def test_coverage_of_a_patch(base: Built, head: Built) -> None:
    (number,) = (n for n, text in enumerate(LARGER.split("\n"), 1) if "x ^ 5" in text)
    for count, expected in ((3, Line.RUN), (0, Line.NEVER)):
        counts = {C_FILE: {number: count}}
        found = patch_coverage(base.kernel, head.kernel, [C_FILE], counts)
        assert (found[0].line, found[0].state) == (number, expected)
    absent = patch_coverage(base.kernel, head.kernel, [C_FILE], {})
    assert absent[0].state is Line.UNKNOWN


def test_the_diff_of_all_files(base: Built, head: Built) -> None:
    text = whole_diff(base.tree, head.tree, [C_FILE, "include/twice.h"])
    assert text.startswith(f"--- a/{C_FILE}\n+++ b/{C_FILE}\n@@ ")
    assert "twice.h" not in text  # it is the same
    assert [c.path for c in read_changes(base.tree, head.tree, ["gone.c", C_FILE])] == [C_FILE]


def test_warnings_of_one_side(base: Built) -> None:
    old = ("../a.c:12:5: warning: unused 'x'", "modpost: missing description")
    moved, fresh = "../a.c:99:1: warning: unused 'x'", "../a.c:7:1: warning: unused 'y'"
    one, other = (
        replace(base.kernel, warnings=warnings) for warnings in (old, (*old, moved, fresh))
    )
    (found,) = new_warnings(one, other)
    assert found.title == "../a.c: warning: unused 'y'"
    assert found.evidence[0].text == fresh
    assert new_warnings(other, one) == ()

# SPDX-License-Identifier: GPL-2.0-only
"""W=1 and sparse of one file of any tree, by the command of a kernel that is built; real gcc."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from profiled import C_FILE, SOURCE, Built, build

from orchestrator.edge.extra_warnings import extra_flags, has_sparse, look, users_of

WARNS = SOURCE.replace("{\n\tint sum = 0;", "{\n\tint set_only;\n\tint sum = 0;\n\tset_only = 1;")
SPARSE = SOURCE + "\nint *pointer = 0;\n"
EXTRA = """
KBUILD_CFLAGS += -Wall -Wundef
ifneq ($(findstring 1, $(KBUILD_EXTRA_WARN)),)
KBUILD_CFLAGS += -Wunused-const-variable
KBUILD_CPPFLAGS += -DKBUILD_EXTRA_WARN1
else
KBUILD_CFLAGS += -Wno-unused-but-set-variable
endif
"""
FLAGS = (("-Wno-unused-but-set-variable",), ("-Wunused-but-set-variable",))
NONE: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("built") / "tree")


def other(folder: Path, source: str, header: str = "#define DOUBLE(x) ((x) * 2)\n") -> Path:
    """Another tree, which is not built."""
    (folder / "kernel").mkdir(parents=True)
    (folder / "include").mkdir()
    (folder / C_FILE).write_text(source)
    (folder / "include/twice.h").write_text(header)
    return folder


def test_warnings_of_another_trees_file(built: Built, tmp_path: Path) -> None:
    clean = look(built.kernel, built.tree, C_FILE, FLAGS, sparse=False)
    assert clean and clean.warnings == () and not clean.broken
    tree = other(tmp_path / "other", WARNS)
    found = look(built.kernel, tree, C_FILE, FLAGS, sparse=False)
    assert found and len(found.warnings) == 1
    assert found.warnings[0].startswith(f"{C_FILE}:") and "set_only" in found.warnings[0]
    plain = look(built.kernel, tree, C_FILE, NONE, sparse=False)
    assert plain and plain.warnings == ()
    assert sorted(path.name for path in tree.rglob("*.o")) == []


def test_its_own_headers_count(built: Built, tmp_path: Path) -> None:
    tree = other(tmp_path / "other", SOURCE, "#define DOUBLE(x) ({ int odd; odd = 1; (x) * 2; })\n")
    found = look(built.kernel, tree, C_FILE, FLAGS, sparse=False)
    assert found and any("odd" in text for text in found.warnings)


def test_what_does_not_compile_or_is_not_there(built: Built, tmp_path: Path) -> None:
    tree = other(tmp_path / "other", SOURCE + "int broken(void) { return nothing; }\n")
    found = look(built.kernel, tree, C_FILE, FLAGS, sparse=False)
    assert found and found.broken
    assert look(built.kernel, tree, "kernel/absent.c", FLAGS, sparse=False) is None
    (tree / C_FILE).unlink()
    assert look(built.kernel, tree, C_FILE, FLAGS, sparse=False) is None


@pytest.mark.skipif(not has_sparse(), reason="sparse is not installed")
def test_sparse(built: Built, tmp_path: Path) -> None:
    tree = other(tmp_path / "other", SPARSE)
    found = look(built.kernel, tree, C_FILE, NONE, sparse=True)
    assert found and any("NULL" in text or "integer" in text for text in found.warnings), found
    assert not found.sparse
    odd = other(tmp_path / "odd", SOURCE.replace("int twice(int x)", "int twice(int x)", 1))
    (odd / "include/twice.h").write_text(
        "#define DOUBLE(x) ((x) * 2)\n"
        + "".join(f"extern __typeof_unqual__(int) v{n};\n" for n in range(200))
    )
    found = look(built.kernel, odd, C_FILE, NONE, sparse=True)
    assert found is not None
    assert found.sparse == "sparse gave up: it does not know this kernel's C" or found.broken


@pytest.mark.parametrize("name", ["Makefile.extrawarn", "Makefile.warn"])
def test_what_a_tree_adds(built: Built, name: str) -> None:
    scripts = built.tree / "scripts"
    scripts.mkdir(exist_ok=True)
    for other_name in ("Makefile.extrawarn", "Makefile.warn"):
        (scripts / other_name).unlink(missing_ok=True)
    for empty in ("Kbuild.include", "Makefile.compiler"):
        (scripts / empty).write_text("")
    (built.obj / "include/config").mkdir(parents=True, exist_ok=True)
    (built.obj / "include/config/auto.conf").write_text("")
    assert extra_flags(built.kernel) == NONE  # a tree that does not tell
    (scripts / name).write_text(EXTRA)
    assert extra_flags(built.kernel) == (
        ("-Wno-unused-but-set-variable",),
        ("-Wunused-const-variable", "-DKBUILD_EXTRA_WARN1"),
    )
    shutil.rmtree(scripts)


def test_who_includes_a_header(built: Built) -> None:
    saved = built.obj / "kernel/.twice.o.cmd"
    before = saved.read_text()
    saved.write_text(before + "\ndeps_kernel/twice.o := \\\n  ../include/twice.h \\\n")
    assert users_of(built.kernel, ["include/twice.h"]) == (C_FILE,)
    assert users_of(built.kernel, ["include/twice"]) == ()
    assert users_of(built.kernel, []) == ()
    saved.write_text(before)

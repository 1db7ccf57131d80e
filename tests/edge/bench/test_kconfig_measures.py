# SPDX-License-Identifier: GPL-2.0-only
"""Objects measured one by one: real gcc, kbuild's form of a saved command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from kconfig_attribution import Size
from kconfig_measures import asks, compile_seconds, owned_initcalls, size

SOURCE = """\
static const char table[4096] __attribute__((used)) = { 1 };
static char zeroes[8192] __attribute__((used));
static int note __attribute__((used, section(".discard.addressable"))) = 1;
int start(void) { return 0; }
static int entry __asm__("__initcall__kmod_a__12_34_start6")
	__attribute__((used, section(".initcall6.init"))) = 1;
"""


@pytest.fixture
def obj(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/a.c").write_text(SOURCE)
    (tmp_path / "lib/.a.o.cmd").write_text(
        "savedcmd_lib/a.o := gcc -c -o lib/a.o lib/a.c ; echo done > lib/objtool\n\n"
        "deps_lib/a.o := \\\n    $(wildcard include/config/SMP) \\\n"
    )
    return tmp_path


def test_an_object_is_compiled_by_its_own_command(obj: Path) -> None:
    assert 0 < compile_seconds(obj, "lib/a.o") < 10
    assert (obj / "lib/a.o").exists() and (obj / "lib/objtool").read_text() == "done\n"
    assert asks(obj, ["lib/a.o"]) == {"lib/a.o": {"SMP"}}


def test_a_command_that_fails_takes_no_time_at_all(obj: Path) -> None:
    (obj / "lib/a.c").write_text("#error no\n")
    (obj / "lib/.a.o.cmd").write_text("savedcmd_lib/a.o := gcc -c -o lib/a.o lib/a.c ; true\n")
    with pytest.raises(subprocess.CalledProcessError):
        compile_seconds(obj, "lib/a.o")


def test_what_is_loaded_is_counted_and_what_the_linker_drops_is_not(obj: Path) -> None:
    compile_seconds(obj, "lib/a.o")
    whole = size(obj / "lib/a.o")
    assert 4096 < whole.data < 4096 + 512 and whole.bss == 8192
    text = SOURCE.replace(".discard.addressable", ".data.kept")
    (obj / "lib/a.c").write_text(text)
    compile_seconds(obj, "lib/a.o")
    assert size(obj / "lib/a.o") == whole + Size(4, 0)


def test_initcalls_of_an_object(obj: Path) -> None:
    compile_seconds(obj, "lib/a.o")
    (obj / "b.c").write_text("int start(void);\nint other(void) { return start(); }\n")
    subprocess.run(["gcc", "-c", "b.c"], cwd=obj, check=True)
    assert owned_initcalls(obj, ["lib/a.o", "b.o"]) == {"lib/a.o": {"start"}, "b.o": set()}

# SPDX-License-Identifier: GPL-2.0-only
"""Would the loader take it? On values, and on small ELF files made here with gcc."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.edge.preflight import (
    Export,
    ModuleFile,
    kernel_vermagic,
    preflight,
    read_module,
    refusals,
)
from orchestrator.model.errors import BuildBroken
from orchestrator.model.job import BuiltKernel, BuiltModule, Suite

MAGIC = "7.3.4 SMP mod_unload "
EXPORTS = {"printk": Export("printk", False), "kthread_bind": Export("kthread_bind", True)}
GOOD = ModuleFile("a.ko", MAGIC, True, frozenset(EXPORTS), frozenset())
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")

# A module as far as the loader's questions go.
MODULE = """
extern int printk(void), kthread_bind(void), orch_made(void);
extern int maybe(void) __attribute__((weak));
int mine(void) { return printk() + kthread_bind() + %(more)s + (maybe ? maybe() : 0); }
int __ksymtab_orch_made;
static const char info[] __attribute__((section(".modinfo"), used)) =
    "license=%(license)s\\0vermagic=%(magic)s\\0author=nobody";
"""
KERNEL = 'const char vermagic[] = "%s"; int main(void) { return vermagic[0]; }'


def compiled(folder: Path, name: str, source: str, *flags: str) -> Path:
    path = folder / name
    argv = ["gcc", "-x", "c", "-O0", "-fno-pic", "-no-pie", *flags, "-o", str(path), "-"]
    subprocess.run(argv, input=source, text=True, check=True)
    return path


def module(folder: Path, name: str, more: str = "0", license_: str = "GPL") -> Path:
    text = MODULE % {"more": more, "license": license_, "magic": MAGIC}
    return compiled(folder, name, text, "-c")


def test_a_good_module_is_not_refused() -> None:
    assert list(refusals(GOOD, MAGIC, EXPORTS)) == []


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"vermagic": "7.3.4 "}, [f"vermagic '7.3.4 ', the kernel's is {MAGIC!r}"]),
        ({"needs": frozenset({"gone"})}, ["the kernel does not export gone"]),
        ({"gpl": False}, ["kthread_bind is exported to GPL modules only"]),
        ({"gpl": False, "needs": frozenset({"printk"})}, []),
        (
            {"vermagic": "", "needs": frozenset({"b", "a"})},
            [f"vermagic '', the kernel's is {MAGIC!r}", "the kernel does not export a",
             "the kernel does not export b"],
        ),
    ],
)  # fmt: skip
def test_each_reason_is_given(changes: dict[str, object], reasons: list[str]) -> None:
    assert list(refusals(replace(GOOD, **changes), MAGIC, EXPORTS)) == reasons


@needs_gcc
def test_an_object_is_read_as_the_loader_sees_it(tmp_path: Path) -> None:
    read = read_module(module(tmp_path, "a.ko", more="orch_made()"))
    assert read == ModuleFile(
        name="a.ko",
        vermagic=MAGIC,
        gpl=True,
        needs=frozenset({"printk", "kthread_bind", "orch_made"}),  # not `maybe`, it is weak
        exports=frozenset({"orch_made"}),
    )
    assert not read_module(module(tmp_path, "b.ko", license_="Proprietary")).gpl


def test_what_is_no_object_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.ko").write_text("no ELF")
    for name in ("a.ko", "none.ko"):
        with pytest.raises(BuildBroken, match=f"{name} is not a module"):
            read_module(tmp_path / name)


@needs_gcc
def test_a_cut_or_stripped_object_is_told(tmp_path: Path) -> None:
    path = module(tmp_path, "a.ko")
    whole = path.read_bytes()
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        with pytest.raises(BuildBroken):
            read_module(path)
    stripped = compiled(tmp_path, "s", "int main(void) { return 0; }", "-s")
    with pytest.raises(BuildBroken, match="stripped"):
        read_module(stripped)


@needs_gcc
def test_the_kernels_vermagic_is_read_from_its_image(tmp_path: Path) -> None:
    assert kernel_vermagic(compiled(tmp_path, "vmlinux", KERNEL % MAGIC)) == MAGIC
    without = compiled(tmp_path, "vmlinux-nomod", "int main(void) { return 0; }")
    with pytest.raises(BuildBroken, match="CONFIG_MODULES"):
        kernel_vermagic(without)


@needs_gcc
def test_the_whole_question(tmp_path: Path) -> None:
    vmlinux = compiled(tmp_path, "vmlinux", KERNEL % MAGIC)
    kernel = BuiltKernel("k", "7.3.4", tmp_path, tmp_path, vmlinux, tmp_path, tmp_path, False)
    symvers = "0x1\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n0x2\tkthread_bind\tvmlinux\t%s\t\n"
    suite = Suite("orch_a", "orch_a_test", "")
    core = module(tmp_path, "orch_core.ko")

    def asked(kind: str, more: str, license_: str = "GPL") -> None:
        (tmp_path / "Module.symvers").write_text(symvers % kind)
        path = module(tmp_path, "orch_a_test.ko", more, license_)
        preflight(kernel, BuiltModule("m", core, ((suite, path),), False))

    asked("EXPORT_SYMBOL_GPL", more="orch_made()")  # the core exports it
    with pytest.raises(BuildBroken) as caught:
        asked("EXPORT_SYMBOL_GPL", more="unmade()", license_="GPL v2")
    assert "orch_a_test.ko would not load into 7.3.4: " in caught.value.message
    assert "does not export unmade" in caught.value.message
    with pytest.raises(BuildBroken, match="kthread_bind is exported to GPL modules only"):
        asked("EXPORT_SYMBOL_GPL", more="0", license_="Proprietary")
    asked("EXPORT_SYMBOL", more="0", license_="Proprietary")

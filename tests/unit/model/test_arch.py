# SPDX-License-Identifier: GPL-2.0-only
"""The table of architectures, and that what x86_64 is built and booted by stays what it was: its
kernels, modules and states are kept by that."""

from __future__ import annotations

import pytest

from orchestrator.model.arch import ARCHES, ARM64, DEFAULT, X86_64, Arch, named
from orchestrator.model.toolchain import GCC, Toolchain
from orchestrator.plan import lineage, make
from orchestrator.plan.lineage import Difference


def test_the_default_is_x86_64_as_it_was() -> None:
    assert named(DEFAULT) is X86_64
    assert GCC.named == {"CC": "gcc", "ARCH": "x86_64"}
    assert make.kernel_argv("/s", "o", 2, "gcc", ("vmlinux",)) == (
        "make", "-C", "/s", "O=o", "ARCH=x86_64", "CC=gcc", "-j2", "vmlinux",
    )  # fmt: skip
    assert (X86_64.machine, X86_64.cpu) == ("q35,graphics=off,vmport=off", "max")
    assert " ".join((*X86_64.cmdline, *X86_64.tcg_cmdline)) == (
        "console=ttyS0 panic=-1 tsc=reliable no_timer_check 8250.nr_uarts=1 printk.devkmsg=on "
        "random.trust_cpu=on rcupdate.rcu_expedited=1 swiotlb=noforce lpj=10000000"
    )


def test_arm64_is_built_by_a_cross_compiler() -> None:
    tools = Toolchain(ARM64)
    gcc = tools.tool("gcc")
    words = make.kernel_argv("/s", "o", 2, gcc, (ARM64.target,), tools)
    cross = "aarch64-linux-gnu-"
    assert words[4:] == ("ARCH=arm64", f"CROSS_COMPILE={cross}", f"CC={cross}gcc", "-j2", "Image")
    assert "ARCH=arm64" in make.module_argv("/s", "o", "/m", 2, gcc, tools)
    assert tools.named["CROSS_COMPILE"] == cross


def test_llvm_needs_no_cross_compiler() -> None:
    tools = Toolchain(ARM64, "-19")
    words = make.kernel_argv("/s", "o", 2, tools.tool("gcc"), ("Image",), tools)
    assert words[4:] == ("ARCH=arm64", "LLVM=-19", "CC=clang-19", "-j2", "Image")


@pytest.mark.parametrize("arch", ARCHES.values(), ids=lambda arch: arch.name)
def test_every_row_is_whole(arch: Arch) -> None:
    assert arch.image.endswith(arch.target)
    assert arch.qemu.startswith("qemu-system-") and arch.qemu_package.startswith("qemu-system-")
    assert sum(word.startswith("console=") for word in arch.cmdline) == 1
    assert "panic=-1" in arch.cmdline, "else a panic is a hang"
    assert bool(arch.cross) == bool(arch.debian), "a foreign guest needs a foreign busybox"


def test_objects_are_not_taken_over_where_programs_of_the_build_differ() -> None:
    """What is another architecture's says nothing; what is this one's own does."""
    own, other = Difference(changed=("arch/arm64/tools/gen.awk",)), ("arch/x86/tools/relocs.c",)
    rows = {"arch/arm64/tools/gen.awk": "-1", "arch/x86/tools/relocs.c": "-1"}
    assert "part of the build" in lineage.from_nothing(own, rows, rows, ARM64)
    assert not lineage.from_nothing(own, rows, rows)
    assert not lineage.from_nothing(Difference(changed=other), rows, rows, ARM64)
    assert "part of the build" in lineage.from_nothing(Difference(changed=other), rows, rows)
    odd = Difference(changed=("arch/arm/include/asm/opcodes.def",))
    assert "read by anything" in lineage.from_nothing(odd, {}, {}, ARM64)
    assert not lineage.from_nothing(odd, {}, {})

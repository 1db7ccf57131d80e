# SPDX-License-Identifier: GPL-2.0-only
"""What another architecture changes for compilers, programs and keys, with the real ones."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.config.fragments import combine
from orchestrator.edge import accelerator, guest, host
from orchestrator.edge.addr2line import addr2line, cross_of
from orchestrator.edge.kernel_request import KernelRequest, family, kernel_inputs, kernel_key
from orchestrator.edge.store import Store
from orchestrator.model.arch import ARM64, X86_64
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import Tree
from orchestrator.model.toolchain import GCC, Toolchain

GCC_ARM64 = Toolchain(ARM64).tool("gcc")
CROSS = pytest.mark.skipif(not shutil.which(GCC_ARM64), reason=f"{GCC_ARM64} is not installed")
TREE = Tree(Path("/none"), "tree-key", "7.3.4", "here")


def compiled(folder: Path, gcc: str) -> Path:
    """An object with one function on line 1 of a.c, and debug info."""
    (folder / "a.c").write_text("int f(int x) { return x + 1; }\n")
    argv = [gcc, "-g", "-gdwarf-4", "-O1", "-c", "-o", "a.ko", "a.c"]
    subprocess.run(argv, cwd=folder, check=True)
    return folder / "a.ko"


@CROSS
def test_lines_of_a_foreign_object(tmp_path: Path) -> None:
    image = compiled(tmp_path, GCC_ARM64)
    assert cross_of(image) == ARM64.cross
    (places,) = addr2line(image, ".text", [0])
    assert [(one.function, Path(one.file).name, one.line) for one in places] == [("f", "a.c", 1)]


def test_of_its_own_the_host_reads_all(tmp_path: Path) -> None:
    assert cross_of(compiled(tmp_path, "gcc")) == ""


@CROSS
def test_a_kernel_of_another_architecture_is_another_kernel() -> None:
    x86, arm = (KernelRequest(TREE, combine("numa", tools)) for tools in (GCC, Toolchain(ARM64)))
    assert kernel_key(x86) != kernel_key(arm) and family(x86.config) != family(arm.config)
    same_options = replace(arm.config, arch="x86_64")
    assert kernel_key(arm) != kernel_key(replace(arm, config=same_options))
    said = {one.name for one in kernel_inputs(arm) if one.group == "toolchain"}
    assert said == {"aarch64-linux-gnu-gcc", "aarch64-linux-gnu-ld"}


def test_kvm_is_for_the_other_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    machine = accelerator.choose("auto", store, ARM64)
    assert (machine.name, machine.cpu_model) == ("tcg", ARM64.cpu) and "arm64" in machine.reason
    with pytest.raises(InfrastructureError, match="x86_64 guests alone"):
        accelerator.choose("kvm", store, ARM64)


def test_what_is_missing_is_named_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for need in host.NEEDS:
        where = shutil.which(need.name)
        if where and not need.arch:
            (tmp_path / need.name).symlink_to(where)
    monkeypatch.setenv("PATH", str(tmp_path))
    host.require()
    with pytest.raises(InfrastructureError, match=r"qemu-system-aarch64, .*-gcc") as caught:
        host.require("arm64")
    assert caught.value.hint.endswith("apt-get install qemu-system-arm gcc-aarch64-linux-gnu")


def test_the_guest_gets_the_busybox_it_can_run(tmp_path: Path) -> None:
    foreign = tmp_path / "busybox"
    foreign.write_bytes(b"\x7fELF of another machine")
    image = guest.image(foreign)
    assert b"\x7fELF of another machine" in image and guest.image() != image
    assert guest.image().startswith(image[:100])


def test_no_firmware_where_none_runs() -> None:
    assert accelerator.firmware(ARM64) == "" and accelerator.firmware_path(ARM64) is None
    assert accelerator.qemu_stamp(X86_64).startswith("/")

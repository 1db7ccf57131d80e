# SPDX-License-Identifier: GPL-2.0-only
"""What is in the guest, unpacked by the cpio program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.edge import guest
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltModule, OwnModule, Suite
from orchestrator.plan.guest import GuestJob

SUITES = (Suite("orch_a", "orch_a_test", ""), Suite("orch_b", "orch_b_test", ""))


@pytest.fixture
def module(tmp_path: Path) -> BuiltModule:
    files = []
    for name in ("core", "a", "b"):
        files.append(tmp_path / f"{name}.ko")
        files[-1].write_bytes(name.encode())
    return BuiltModule("m", files[0], tuple(zip(SUITES, files[1:], strict=True)), False)


@pytest.fixture
def busybox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is packed is only copied, so its content does not matter here."""
    path = tmp_path / "bin" / "busybox.static"
    path.parent.mkdir()
    path.write_bytes(b"\x7fELF static")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent))
    return path


def names(data: bytes) -> list[str]:
    listed = subprocess.run(["/usr/bin/cpio", "-it", "--quiet"], input=data, capture_output=True)
    return listed.stdout.decode().splitlines()


def in_order(held: list[str]) -> bool:
    """Does each folder stand before what is in it?"""
    folders = [str(Path(name).parent) for name in held]
    return all(
        folder == "." or held.index(folder) < held.index(name)
        for folder, name in zip(folders, held, strict=True)
    )


@pytest.mark.skipif(not Path("/usr/bin/cpio").exists(), reason="cpio is not installed")
def test_the_guest_holds_what_every_job_needs(busybox: Path) -> None:
    held = names(guest.image())
    assert len(held) == len(set(held)) and in_order(held)
    assert {"init", "bin/busybox", "bin/sh", "bin/cpio", "dev/console", "guest/events"} <= set(held)
    assert not [name for name in held if name.startswith("job")], "that comes later"


@pytest.mark.skipif(not Path("/usr/bin/cpio").exists(), reason="cpio is not installed")
def test_the_job_holds_what_its_suites_need(module: BuiltModule) -> None:
    held = names(guest.job_archive(GuestJob("nonce", SUITES), module))
    assert len(held) == len(set(held)) and in_order(held)
    assert {"job/nonce", "job/core.ko", "job/orch_a_test.ko", "job/orch_b_test.ko"} <= set(held)
    only_b = names(guest.job_archive(GuestJob("nonce", SUITES[1:]), module))
    assert "job/orch_a_test.ko" not in only_b and "job/orch_b_test.ko" in only_b


@pytest.mark.skipif(not Path("/usr/bin/cpio").exists(), reason="cpio is not installed")
def test_modules_come_once_with_the_guest_or_with_the_job(module: BuiltModule) -> None:
    job = GuestJob("nonce", SUITES)
    there, brought = names(guest.modules(module)), names(guest.job_archive(job, module, there=True))
    assert in_order(there) and in_order(brought)
    assert sorted({*there, *brought}) == sorted(set(names(guest.job_archive(job, module))))
    assert set(there) & set(brought) == {"job"}


def test_the_same_job_gives_the_same_bytes(module: BuiltModule, busybox: Path) -> None:
    first = guest.job_archive(GuestJob("nonce", SUITES), module)
    assert guest.job_archive(GuestJob("nonce", SUITES), module) == first
    assert guest.job_archive(GuestJob("other", SUITES), module) != first
    assert guest.image() == guest.image()
    assert b"\x7fELF static" in guest.image()


def test_a_dynamic_busybox_is_passed_over(busybox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guest.find_busybox() == busybox
    busybox.write_bytes(b"\x7fELF ... /lib64/ld-linux-x86-64.so.2 ...")
    monkeypatch.setattr(guest.Path, "is_file", lambda path: path == busybox)
    with pytest.raises(InfrastructureError, match="no static busybox") as caught:
        guest.find_busybox()
    assert "busybox-static" in caught.value.hint


def test_every_applet_init_calls_is_linked() -> None:
    """The steps run under busybox itself, where this machine has one."""
    program = shutil.which("busybox")
    if program is None:
        pytest.skip("busybox is not installed")
    there = subprocess.run([program, "--list"], capture_output=True, text=True).stdout.split()
    assert set(guest.APPLETS) <= set(there)


@pytest.mark.skipif(not Path("/usr/bin/cpio").exists(), reason="cpio is not installed")
def test_the_job_holds_the_users_modules_that_are_loaded(
    module: BuiltModule, tmp_path: Path
) -> None:
    for name in ("my-base", "top"):
        (tmp_path / f"{name}.ko").write_bytes(name.encode())
    module = replace(module, own=(tmp_path / "my-base.ko", tmp_path / "top.ko"))
    asked = (OwnModule("my_base", ("a=1,2", "b=*")),)
    data = guest.job_archive(GuestJob("nonce", SUITES, modules=asked), module)
    held = names(data)
    assert in_order(held) and "job/own/my_base.ko" in held and "job/own/top.ko" not in held
    assert b"my_base a=1,2 b=*\n" in data

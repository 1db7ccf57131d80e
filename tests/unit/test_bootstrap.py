# SPDX-License-Identifier: GPL-2.0-only
"""bootstrap and `orchestrate doctor` must ask for the same things."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from orchestrator.edge.host import NEEDS

BOOTSTRAP = Path(__file__).resolve().parents[2] / "bootstrap"


def needs_of_bootstrap(name: str = "needs") -> set[tuple[str, str]]:
    table = re.search(rf"^{name}='\n(.*?)'", BOOTSTRAP.read_text(), re.DOTALL | re.MULTILINE)
    assert table
    rows = (line.split() for line in table[1].splitlines())
    return {(what, package) for what, package in rows}


def test_same_needs_as_doctor() -> None:
    """And the sandbox: runs go without it where it cannot be, not because nobody installed it. So
    it is with what makes a Debian root file system, and selftests."""
    required = {(need.file or need.name, need.package) for need in NEEDS if need.required}
    wished = {
        ("bwrap", "bubblewrap"),
        ("mmdebstrap", "mmdebstrap"),
        ("mkfs.erofs", "erofs-utils"),
        ("newuidmap", "uidmap"),
        ("rsync", "rsync"),
    }
    assert needs_of_bootstrap() == required | wished
    assert wished <= {(need.name, need.package) for need in NEEDS}


def test_what_another_architecture_needs_is_the_same() -> None:
    theirs = {(need.name, need.package) for need in NEEDS if need.arch == "arm64"}
    assert needs_of_bootstrap("arm64_needs") == theirs and theirs
    assert not any(need.required for need in NEEDS if need.arch)


def without_apt(tmp_path: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A PATH with hardly anything in it stands for a system that is not Debian."""
    for tool in ("cat", "dirname", "tr", "head", "grep", "id"):
        where = subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, text=True)
        (tmp_path / tool).symlink_to(where.stdout.strip())
    return subprocess.run(
        ["/bin/sh", str(BOOTSTRAP), *(words or ("--setup",))],
        env={"PATH": str(tmp_path), "ORCHESTRATE_VENV": str(tmp_path / "venv"), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", [
    ("--setup", "--arch", "arm64"), ("boot", "--config", "numa", "--arch=arm64"),
    ("--test", "-e", "boot", "--", "--arch", "arm64"),
])  # fmt: skip
def test_another_architecture_is_installed_if_it_is_asked_for(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    done = without_apt(tmp_path, *words)
    assert done.returncode == 3 and "gcc-aarch64-linux-gnu" in done.stderr


@pytest.mark.parametrize("words", [
    ("--setup",), ("boot", "--arch", "x86_64"), ("boot", "--patch", "arm64"), ("boot", "--arch"),
])  # fmt: skip
def test_and_not_for_everybody(words: tuple[str, ...], tmp_path: Path) -> None:
    done = without_apt(tmp_path, *words)
    assert done.returncode == 3 and "aarch64" not in done.stderr


@pytest.mark.parametrize(
    ("llvm", "packages"),
    [
        ("-19", "clang-19 lld-19 llvm-19"),
        ("19", "clang-19 lld-19 llvm-19"),
        ("1", "clang lld llvm"),
        ("", None),
        ("/opt/llvm/bin/", None),
    ],
)
def test_clang_comes_along_if_llvm_asks_for_it(
    tmp_path: Path, llvm: str, packages: str | None
) -> None:
    done = without_apt(tmp_path, LLVM=llvm)
    if packages:
        assert packages in done.stderr
    else:
        assert "clang" not in done.stderr and "qemu-system-x86" in done.stderr


def test_without_apt_the_list_is_printed_and_nothing_done(tmp_path: Path) -> None:
    done = without_apt(tmp_path)
    assert done.returncode == 3
    assert "qemu-system-x86" in done.stderr and "bison" in done.stderr
    assert not (tmp_path / "venv").exists()

# SPDX-License-Identifier: GPL-2.0-only
"""Which QEMU runs, with programs that stand for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge import accelerator, qemu_program
from orchestrator.edge.store import Store
from orchestrator.model.errors import UsageError

NAME = accelerator.QEMU


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A QEMU 99 with a qboot of its own, that ORCHESTRATE_QEMU names."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/qboot.rom").write_bytes(b"rom")
    path = tmp_path / "bin" / NAME
    path.parent.mkdir()
    write(path, "99.0", tmp_path / "data")
    monkeypatch.setenv(qemu_program.VARIABLE, str(path.parent))
    forget()
    return path


def write(path: Path, version: str, data: Path) -> None:
    path.write_text(
        f'#!/bin/sh\ncase $1 in\n--version) echo "QEMU emulator version {version}" ;;\n'
        f"-L) echo {data}; echo /usr/share/qemu ;;\nesac\n"
    )
    path.chmod(0o755)


def forget() -> None:
    qemu_program.version.cache_clear()
    qemu_program._told.cache_clear()


def test_without_the_variable_path_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(qemu_program.VARIABLE, raising=False)
    assert accelerator.qemu() == NAME


def test_a_folder_or_the_program(other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert accelerator.qemu() == str(other)
    monkeypatch.setenv(qemu_program.VARIABLE, str(other))
    assert accelerator.qemu() == str(other)


@pytest.mark.parametrize("named", ["/no/such", "bin/not-qemu", "."])
def test_what_is_none_is_refused(named: str, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (other.parent / "not-qemu").write_text("")
    monkeypatch.chdir(other.parents[1])
    monkeypatch.setenv(qemu_program.VARIABLE, named)
    with pytest.raises(UsageError, match="ORCHESTRATE_QEMU"):
        accelerator.qemu()


def test_one_that_may_not_be_run_is_refused(other: Path) -> None:
    other.chmod(0o644)
    with pytest.raises(UsageError):
        accelerator.qemu()


def test_its_own_firmware_is_taken(other: Path) -> None:
    assert accelerator.firmware_path() == other.parents[1] / "data/qboot.rom"


def test_a_script_that_calls_another_qemu_now_is_another_one(other: Path) -> None:
    before = accelerator.qemu_stamp()
    state = other.stat()
    write(other, "98.0", other.parents[1] / "data")  # as long, and
    import os

    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))  # as old
    forget()
    assert accelerator.qemu_stamp() != before


def test_its_version_is_told_and_asked_once(other: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    assert accelerator.qemu_version(store) == "QEMU emulator version 99.0"
    assert len(list(store.folder("probes").glob("qemu-*.txt"))) == 1
    assert accelerator.qemu_version(store) == "QEMU emulator version 99.0"

# SPDX-License-Identifier: GPL-2.0-only
"""A look at a machine over QMP: whatever it does, there is an end, and it is told."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from qmp_guest import Gone, QmpGuest, Refused, Silent, connected

from orchestrator.edge.autopsy import look as under_test
from orchestrator.edge.autopsy.look import Looked, keep, look
from orchestrator.model import rundir
from orchestrator.model.autopsy import Look

BEFORE = b"[    1.0] the kernel's own words\n"
OURS = b"[    2.0] Kernel panic - not syncing: NMI: Not continuing\n"


def registers(_: dict[str, Any]) -> str:
    return "CPU#0\nRIP=0 ...\n"


def looked(guest: QmpGuest, folder: Path, *, runs: bool = True) -> Looked:
    (folder / rundir.CONSOLE).write_bytes(BEFORE)

    async def all_of_it() -> Looked:
        async with connected(guest, folder) as qmp:
            return await look(qmp, folder, 512, runs=runs)

    return asyncio.run(all_of_it())


def says(folder: Path) -> Any:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        with (folder / rundir.CONSOLE).open("ab") as console:
            console.write(OURS)
        return {}

    return answer


def test_samples_memory_and_then_the_nmi(tmp_path: Path) -> None:
    guest = QmpGuest({"human-monitor-command": registers, "inject-nmi": says(tmp_path)})
    told = looked(guest, tmp_path)
    assert told.look.samples == (registers({}),) * under_test.SAMPLES
    assert (told.look.nmi, told.look.notes) == ("answered", ())
    order = [word for word in guest.heard if word not in ("human-monitor-command",)]
    assert order[:4] == ["qmp_capabilities", "stop", "cont", "stop"]
    assert order[-4:] == ["getfd", "dump-guest-memory", "cont", "inject-nmi"]
    keep(tmp_path, told)
    assert (tmp_path / rundir.CONSOLE).read_bytes() == BEFORE, "no finding is made of our NMI"
    assert (tmp_path / rundir.NMI).read_bytes() == OURS
    assert msgspec.json.decode((tmp_path / rundir.LOOK).read_bytes(), type=Look) == told.look


def test_a_full_disk_makes_no_finding_of_our_nmi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    told = looked(QmpGuest({"inject-nmi": says(tmp_path)}), tmp_path)
    monkeypatch.setattr(under_test, "write", full)
    keep(tmp_path, told)
    assert (tmp_path / rundir.CONSOLE).read_bytes() == BEFORE


def test_a_guest_that_does_not_take_an_nmi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "NMI_S", 0.1)
    told = looked(QmpGuest({"human-monitor-command": registers}), tmp_path)
    assert told.look.nmi == "silent"
    keep(tmp_path, told)
    assert (tmp_path / rundir.CONSOLE).read_bytes() == BEFORE
    assert not (tmp_path / rundir.NMI).exists()


def test_a_machine_that_has_ended_is_not_woken(tmp_path: Path) -> None:
    guest = QmpGuest({"human-monitor-command": registers})
    told = looked(guest, tmp_path, runs=False)
    assert guest.heard[1:] == ["human-monitor-command", "getfd", "dump-guest-memory"]
    assert (len(told.look.samples), told.look.nmi) == (1, "")


def test_a_dump_that_fails_is_told(tmp_path: Path) -> None:
    def refuse(_: dict[str, Any]) -> None:
        raise Refused("No space left on device")

    told = looked(QmpGuest({"dump-guest-memory": refuse}), tmp_path, runs=False)
    assert told.look.notes == ("QEMU did not tell all: No space left on device",)
    assert len(told.look.samples) == 1


@pytest.mark.parametrize("command", ["stop", "human-monitor-command", "dump-guest-memory"])
def test_a_qemu_that_does_not_answer_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def never(_: dict[str, Any]) -> None:
        raise Silent

    monkeypatch.setattr(under_test, "LOOK_S", 0.5)
    begun_s = time.monotonic()
    told = looked(QmpGuest({command: never}), tmp_path)
    assert time.monotonic() - begun_s < 30  # not forever, on a busy host too
    assert any("did not answer within" in note for note in told.look.notes), told


def test_a_qemu_that_ends_is_told(tmp_path: Path) -> None:
    def end(_: dict[str, Any]) -> None:
        raise Gone

    told = looked(QmpGuest({"dump-guest-memory": end}), tmp_path)
    assert any("QEMU did not tell all" in note for note in told.look.notes), told


def test_no_room_for_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "ROOM_MIB", 1 << 40)
    guest = QmpGuest()
    told = looked(guest, tmp_path, runs=False)
    assert "dump-guest-memory" not in guest.heard
    assert any("no memory image" in note for note in told.look.notes)

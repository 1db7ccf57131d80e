# SPDX-License-Identifier: GPL-2.0-only
"""What QEMU is told when a guest asks for a part, and what becomes of it if QEMU will not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from qmp_guest import Gone, QmpGuest, Refused, Silent, connected

from orchestrator.config.topology import load_topology
from orchestrator.edge import plugging
from orchestrator.edge.plugging import Plugger
from orchestrator.model.errors import InfrastructureError

CPUS = [
    {"type": "max-x86_64-cpu", "vcpus-count": 1, "props": {"socket-id": cpu, "core-id": 0}}
    for cpu in range(5)
]


def follow(guest: QmpGuest, folder: Path, name: str, *asked: Sequence[int]) -> Plugger:
    """What the guest has asked for, look by look."""
    plugger = Plugger(load_topology(name))

    async def talk() -> None:
        async with connected(guest, folder) as qmp:
            for numbers in asked:
                await plugger.follow(qmp, numbers)

    asyncio.run(talk())
    return plugger


def raises(error: type[Exception], text: str = "") -> Any:
    def answer(_: dict[str, Any]) -> Any:
        raise error(text)

    return answer


def test_each_part_is_told_once(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    guest = QmpGuest({"query-hotpluggable-cpus": lambda _: CPUS, "device_add": told.append})
    plugger = follow(guest, tmp_path, "cpuplug", [], [0], [0], [0, 1, 2, 3])
    assert plugger.done == 4
    assert [one["socket-id"] for one in told] == [2, 3, 4]
    assert guest.heard[1:] == [
        "query-hotpluggable-cpus", "device_add", "device_add", "device_add", "device_del",
    ]  # fmt: skip


def test_nothing_is_asked_of_a_machine_that_stays_as_it_is(tmp_path: Path) -> None:
    guest = QmpGuest()
    follow(guest, tmp_path, "numa2", [], [])
    assert guest.heard == ["qmp_capabilities"]


def test_what_qemu_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    guest = QmpGuest({"device_add": raises(Refused, "no slot is left")})
    with pytest.raises(InfrastructureError) as caught:
        follow(guest, tmp_path, "memplug", [0])
    assert caught.value.message == "QEMU does not plug 128 MiB to node 1: no slot is left"
    assert caught.value.hint


def test_a_qemu_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugging, "ANSWER_S", 0.2)
    guest = QmpGuest({"object-add": raises(Silent)})
    with pytest.raises(InfrastructureError, match="no answer for 0 s"):
        follow(guest, tmp_path, "memplug", [0])


def test_how_a_qemu_that_is_gone_ended_is_told_elsewhere(tmp_path: Path) -> None:
    guest = QmpGuest({"object-add": raises(Gone)})
    assert follow(guest, tmp_path, "memplug", [0]).done == 1

# SPDX-License-Identifier: GPL-2.0-only
"""What QEMU and init are told of an HMAT, and of parts that come and go."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from test_plan_qemu import BOOT
from test_replay import qemu as qemu  # a fixture
from test_replay import replayed

from orchestrator.config.topology import load_topology
from orchestrator.plan.guest import GuestJob, job_files
from orchestrator.plan.plugging import Command, commands, cpu_arguments, plug_lines
from orchestrator.plan.qemu import argv, own_tables

TOLD = [
    {"type": "max-x86_64-cpu", "vcpus-count": 1, "props": {"socket-id": 4, "core-id": 0}},
    {"type": "odd", "vcpus-count": 1, "props": {}},
]


def words(name: str) -> tuple[str, ...]:
    return argv(replace(BOOT, topology=load_topology(name)))


def after(option: str, line: tuple[str, ...]) -> list[str]:
    return [line[at + 1] for at, word in enumerate(line) if word == option]


def test_an_hmat_for_qemu() -> None:
    line = words("hmat")
    assert after("-machine", line) == ["q35,graphics=off,vmport=off,hmat=on"]
    numa = after("-numa", line)
    assert "node,nodeid=2,memdev=ram2,initiator=0" in numa
    pair = "hmat-lb,initiator=1,target=2,hierarchy=memory"
    assert f"{pair},data-type=access-latency,latency=600" in numa
    assert f"{pair},data-type=access-bandwidth,bandwidth=1024M" in numa
    assert numa[-1] == (
        "hmat-cache,node-id=2,size=16384K,level=1,associativity=direct,policy=write-back,line=64"
    )


def test_room_for_what_comes_later() -> None:
    memory, cpus = words("memplug"), words("cpuplug")
    assert after("-m", memory) == ["640M,slots=2,maxmem=896M"]
    assert after("-smp", memory) == ["3,sockets=3,cores=1,threads=1"]
    assert after("-m", cpus) == ["640"]
    assert after("-smp", cpus) == ["2,maxcpus=5,sockets=5,cores=1,threads=1"]
    assert "node,nodeid=2" in after("-numa", cpus)
    assert "cpu,node-id=2,socket-id=4" in after("-numa", cpus)


def test_a_machine_without_such_parts_is_told_nothing_of_them() -> None:
    line = " ".join(words("numa2"))
    assert not any(word in line for word in ("hmat", "initiator", "slots=", "maxcpus"))


def test_what_qemu_is_told_when_a_part_comes() -> None:
    topology = load_topology("memplug")
    assert list(commands(topology, 1, {})) == [
        Command("object-add", {"qom-type": "memory-backend-ram", "id": "mem1", "size": 128 << 20}),
        Command("device_add", {"driver": "pc-dimm", "id": "dimm1", "memdev": "mem1", "node": 2}),
    ]
    assert list(commands(topology, 2, {})) == [Command("device_del", {"id": "dimm1"})]
    topology = load_topology("cpuplug")
    (command,) = commands(topology, 2, cpu_arguments(TOLD))
    assert command == Command(
        "device_add", {"id": "cpu4", "driver": "max-x86_64-cpu", "socket-id": 4, "core-id": 0}
    )
    assert list(commands(topology, 5, {})) == [Command("device_del", {"id": "cpu4"})]


def test_what_init_is_told() -> None:
    lines = plug_lines(load_topology("memplug"))
    assert lines == (
        "0 asked memory 128 1 come kernel",
        "1 asked memory 128 2 come movable",
        "2 asked memory 128 2 go kernel",
    )
    files = job_files(GuestJob("n", (), plugs=lines, plug_s=7))
    assert files["plugs"].decode().splitlines() == list(lines)
    assert (files["plug_s"], files["plugs_asked"]) == (b"7\n", b"3\n")
    assert "plugs" not in job_files(GuestJob("n", ()))


def test_by_hand_the_guest_is_answered_too(tmp_path: Path, qemu: str) -> None:
    boot = replace(BOOT, qemu=qemu, cpu_model="max,-x", topology=load_topology("cpuplug"))
    for name, data in own_tables(boot).items():
        (tmp_path / name).write_bytes(data)
    line = replayed(boot, tmp_path)
    assert "chardev=plugs,mode=readline" in line
    script = (tmp_path / "replay.sh").read_text()
    assert "echo 'device_add max-x86_64-cpu,id=cpu2,socket-id=2,core-id=0,thread-id=0'" in script
    assert "echo 'device_del cpu4'" in script
    plain = replayed(replace(BOOT, qemu=qemu), tmp_path)
    assert "-mon" not in plain and "mkfifo" not in (tmp_path / "replay.sh").read_text()

# SPDX-License-Identifier: GPL-2.0-only
"""The machine a command line describes is the one of the topology."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from orchestrator.config import topology as topologies
from orchestrator.model.arch import ARM64, X86_64
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.qemu import (
    LEAKS_PORT,
    PORTS,
    Boot,
    State,
    argv,
    memory_files,
    option_lines,
    written,
)

ODD = Topology(
    "odd",
    "",
    (Node(0, (0, 2), 256), Node(1, (1,), 0), Node(2, (), 128)),
    ((10, 15, 30), (15, 10, 40), (30, 40, 10)),
)
BOOT = Boot(
    qemu="qemu-system-x86_64",
    accelerator="tcg",
    cpu_model="max",
    firmware="qboot.rom",
    vmlinux="/k/vmlinux",
    initrd="/r/initrd.cpio",
    run_dir="/r",
    topology=ODD,
    qmp_socket="/s/qmp",
)


def values(boot: Boot, option: str) -> list[str]:
    """Every value an option is given."""
    words = argv(boot)
    return [words[at + 1] for at, word in enumerate(words) if word == option]


def numa(boot: Boot, kind: str) -> list[dict[str, str]]:
    """The -numa options of one kind, as key → value."""
    parts = (value.split(",") for value in values(boot, "-numa"))
    return [dict(p.split("=") for p in rest) for first, *rest in parts if first == kind]


def ram_mib(boot: Boot) -> dict[str, int]:
    """Memory backend → its size."""
    found = {}
    for value in values(boot, "-object"):
        pairs = dict(part.split("=") for part in value.split(",")[1:])
        found[pairs["id"]] = int(pairs["size"].removesuffix("M"))
    return found


def test_a_node_without_memory_has_no_memdev() -> None:
    assert numa(BOOT, "node") == [
        {"nodeid": "0", "memdev": "ram0"},
        {"nodeid": "1"},
        {"nodeid": "2", "memdev": "ram2"},
    ]
    assert ram_mib(BOOT) == {"ram0": 256, "ram2": 128}


def test_a_node_without_cpus_gets_none() -> None:
    assert numa(BOOT, "cpu") == [
        {"node-id": "0", "socket-id": "0"},
        {"node-id": "0", "socket-id": "2"},
        {"node-id": "1", "socket-id": "1"},
    ]
    assert values(BOOT, "-smp") == ["3,sockets=3,cores=1,threads=1"]


def test_distances_are_given_whole_or_not_at_all() -> None:
    table = {(int(d["src"]), int(d["dst"])): int(d["val"]) for d in numa(BOOT, "dist")}
    assert table == {(a, b): ODD.distances[a][b] for a in range(3) for b in range(3)}
    assert numa(replace(BOOT, topology=replace(ODD, distances=())), "dist") == []


@pytest.mark.parametrize("name", topologies.shipped())
def test_every_shipped_topology_adds_up(name: str) -> None:
    shipped = topologies.load_topology(name)
    boot = replace(BOOT, topology=shipped)
    (memory,) = values(boot, "-m")
    assert memory.partition(",")[0].removesuffix("M") == str(sum(ram_mib(boot).values()))
    assert [int(node["nodeid"]) for node in numa(boot, "node")] == list(range(len(shipped.nodes)))
    placed = sorted(int(cpu["socket-id"]) for cpu in numa(boot, "cpu"))
    assert placed == list(range(shipped.most_cpus))


ARM = replace(
    BOOT, qemu=ARM64.qemu, cpu_model=ARM64.cpu, firmware="", vmlinux="/k/Image", arch="arm64"
)


def test_arm64_has_the_same_nodes_on_its_own_machine() -> None:
    """No firmware and no PCI: QEMU writes the nodes into the device tree."""
    assert argv(ARM)[0] == "qemu-system-aarch64"
    assert values(ARM, "-machine") == ["virt,gic-version=3"]
    assert values(ARM, "-cpu") == ["max,pauth-impdef=on"]
    assert values(ARM, "-kernel") == ["/k/Image"] and not values(ARM, "-bios")
    for option in ("-numa", "-object", "-smp", "-m"):
        assert values(ARM, option) == values(BOOT, option)
    said = values(ARM, "-append")[0].split()
    assert said[:2] == ["console=ttyAMA0", "panic=-1"]
    assert set(X86_64.cmdline) & set(said) == set(said) - {"console=ttyAMA0"}
    told = replace(ARM, tsc_khz=2_596_000)
    assert values(told, "-append") == values(ARM, "-append"), "its timer tells its own frequency"


def test_devices_of_arm64_are_on_no_bus() -> None:
    whole = replace(ARM, disk="/d/root.erofs", network=True)
    assert not [word for word in argv(whole) if "pci" in word or "romfile" in word]
    devices = [word.partition(",")[0] for word in values(whole, "-device")]
    assert {"virtio-serial-device", "virtio-blk-device", "virtio-net-device"} <= set(devices)
    ports = [word for word in values(BOOT, "-device") if word.startswith("virtserialport")]
    assert devices.count("virtserialport") == len(ports)


def test_states_of_arm64_are_made_and_gone_on_from() -> None:
    made = replace(ARM, state=State.MADE, ram_dir="/s")
    assert memory_files(made) == memory_files(replace(BOOT, state=State.MADE, ram_dir="/s"))


def test_kernel_firmware_and_accelerator() -> None:
    assert values(BOOT, "-kernel") == ["/k/vmlinux"]
    assert values(BOOT, "-append") == [" ".join((*X86_64.cmdline, *X86_64.tcg_cmdline))]
    assert values(replace(BOOT, accelerator="kvm"), "-append") == [" ".join(X86_64.cmdline)]
    told = values(replace(BOOT, tsc_khz=2_596_000), "-append")[0]
    assert told.endswith(" tsc_early_khz=2596000")
    assert values(replace(BOOT, accelerator="kvm", tsc_khz=1), "-append") == [
        " ".join(X86_64.cmdline)
    ]
    assert values(replace(BOOT, extra_cmdline=("a=1", "b")), "-append")[0].endswith(" a=1 b")
    assert values(BOOT, "-bios") == ["qboot.rom"]
    assert values(replace(BOOT, firmware=""), "-bios") == []
    assert values(BOOT, "-accel") == ["tcg,thread=multi"]
    assert values(replace(BOOT, accelerator="kvm"), "-accel") == ["kvm"]


def test_the_machine_never_reboots_and_waits_for_us() -> None:
    assert "-no-reboot" in argv(BOOT)
    assert values(BOOT, "-qmp") == ["unix:/s/qmp"]
    assert values(BOOT, "-action") == ["shutdown=pause"], "it is held until QMP lets it go"
    assert "-S" in argv(BOOT)
    assert "-S" not in argv(replace(BOOT, paused=False))
    assert values(replace(BOOT, qmp_socket=""), "-qmp") == []
    assert values(replace(BOOT, qmp_socket=""), "-action") == [], "by hand nobody lets it go"


def test_each_channel_has_its_file_and_port() -> None:
    chardevs = values(BOOT, "-chardev")
    for number, name, file in PORTS:
        assert f"file,id={name},path=/r/{file}" in chardevs
        device = f"virtserialport,nr={number},chardev={name},name=orchestrate.{name}"
        assert device in values(BOOT, "-device")


def test_a_comma_in_a_path_is_doubled_as_qemu_wants_it() -> None:
    chardevs = values(replace(BOOT, run_dir="/a,b"), "-chardev")
    assert all(",path=/a,,b/" in value for value in chardevs if value.startswith("file"))
    forked = replace(BOOT, state=State.FORKED, ram_dir="/a,b")
    assert all(",mem-path=/a,,b/" in value for value in values(forked, "-object"))


def test_a_state_is_made_in_files_and_never_written_again() -> None:
    made = replace(BOOT, state=State.MADE, ram_dir="/state")
    forked = replace(BOOT, state=State.FORKED, ram_dir="/state")
    for boot, share in ((made, "on"), (forked, "off")):
        assert [value.partition(",size")[0] for value in values(boot, "-object")] == [
            f"memory-backend-file,id=ram{node},mem-path=/state/ram{node},share={share}"
            for node in (0, 2)
        ]
        assert ram_mib(boot) == ram_mib(BOOT)
    assert "-S" in argv(made) and "-incoming" not in argv(made)
    assert values(forked, "-incoming") == ["defer"] and "-S" not in argv(forked)


def test_only_a_machine_that_is_to_be_kept_gets_no_job() -> None:
    made = replace(BOOT, state=State.MADE, ram_dir="/state")
    assert "stdio,id=job" in values(BOOT, "-chardev")
    assert "stdio,id=job" not in values(made, "-chardev")
    assert "file,path=/dev/null,id=job" in values(made, "-chardev")
    assert [values(boot, "-device") for boot in (BOOT, made)] == [values(BOOT, "-device")] * 2


def test_a_fork_adds_to_the_console_of_its_state() -> None:
    forked = replace(BOOT, state=State.FORKED, ram_dir="/state")
    assert "file,id=console,path=/r/console.log,append=on" in values(forked, "-chardev")
    assert "file,id=console,path=/r/console.log" in values(BOOT, "-chardev")


def test_option_lines_are_the_command_with_values_beside_options() -> None:
    lines = option_lines(BOOT)
    assert tuple(word for line in lines for word in line) == argv(BOOT)
    assert lines[0] == ("qemu-system-x86_64",)
    assert all(line[0].startswith("-") and len(line) <= 2 for line in lines[1:])


def test_it_may_start_nothing_and_has_no_network() -> None:
    (filters,) = values(BOOT, "-sandbox")
    assert filters.split(",") == [
        "on", "obsolete=deny", "elevateprivileges=deny", "spawn=deny", "resourcecontrol=deny",
    ]  # fmt: skip
    assert values(BOOT, "-nic") == ["none"]
    assert "-nodefaults" in argv(BOOT) and "-netdev" not in argv(BOOT)
    assert "-sandbox" not in argv(replace(BOOT, seccomp=False))


@pytest.mark.parametrize("state", State)
def test_all_that_it_writes_is_told_beforehand(state: State) -> None:
    """What is not would be out of its reach."""
    boot = replace(BOOT, ports=(*PORTS, LEAKS_PORT), state=state, ram_dir="/s")
    told = {f"/r/{name}" for name in written(boot)} | set(memory_files(boot))
    options = [*values(boot, "-chardev"), *values(boot, "-object")]
    parts = [part for option in options for part in option.split(",")]
    paths = {part.split("=")[1] for part in parts if part.startswith(("path=", "mem-path="))}
    assert paths - {"/dev/null"} == told
    assert len(told) == (5 if state is State.NONE else 7)  # two nodes have memory

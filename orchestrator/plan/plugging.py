# SPDX-License-Identifier: GPL-2.0-only
"""What QEMU and init are told of the parts that come and go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from orchestrator.model.topology import Topology
from orchestrator.model.topology_parts import Plug


class Command(Struct, frozen=True):
    """One of QMP (QEMU's qapi/qdev.json and qom.json)."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def commands(topology: Topology, at: int, cpu_types: Mapping[int, Mapping[str, Any]]) -> Iterator[
    Command
]:  # fmt: skip
    """Of the at'th plug. cpu_types: a CPU's id → arguments of device_add, as QEMU told them."""
    plug, name = topology.plugs[at], topology.device_id(at)
    if plug.away:
        yield Command("device_del", {"id": name})
    elif plug.cpu is not None:
        yield Command("device_add", {"id": name, **cpu_types[plug.cpu]})
    else:
        memory = {"qom-type": "memory-backend-ram", "id": f"mem{at}", "size": plug.mem_mib << 20}
        yield Command("object-add", memory)
        dimm = {"driver": "pc-dimm", "id": name, "memdev": f"mem{at}", "node": plug.node}
        yield Command("device_add", dimm)


def cpu_arguments(told: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """CPU id → arguments of device_add, from query-hotpluggable-cpus: sockets of one CPU each."""
    return {
        int(one["props"]["socket-id"]): {"driver": one["type"], **one["props"]}
        for one in told
        if "socket-id" in one.get("props", {})
    }


def plug_lines(topology: Topology) -> tuple[str, ...]:
    """For rootfs/plug.sh: number, when, what, which CPU or how many MiB, node, come or go, zone."""
    return tuple(_line(at, plug) for at, plug in enumerate(topology.plugs))


def _line(at: int, plug: Plug) -> str:
    what = f"memory {plug.mem_mib}" if plug.cpu is None else f"cpu {plug.cpu}"
    zone = "movable" if plug.movable else "kernel"
    return f"{at} {plug.when.value} {what} {plug.node} {'go' if plug.away else 'come'} {zone}"


def monitor_lines(topology: Topology, at: int, cpu_type: str) -> tuple[str, ...]:
    """The same for a person's monitor (QEMU's hmp-commands.hx): for the replay script."""
    plug, name = topology.plugs[at], topology.device_id(at)
    if plug.away:
        return (f"device_del {name}",)
    if plug.cpu is not None:
        return (f"device_add {cpu_type},id={name},socket-id={plug.cpu},core-id=0,thread-id=0",)
    return (
        f"object_add memory-backend-ram,id=mem{at},size={plug.mem_mib}M",
        f"device_add pc-dimm,id={name},memdev=mem{at},node={plug.node}",
    )

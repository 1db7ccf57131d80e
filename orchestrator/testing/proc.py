# SPDX-License-Identifier: GPL-2.0-only
"""A guest's kernel threads and nodes, as /proc and /sys tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.config.topology import parse_cpulist
from orchestrator.model.topology import GuestNode, Topology
from orchestrator.testing.told import Kthread

# kthreadd is 2, and the parent of all others (rest_init() in init/main.c). A thread that ends
# meanwhile leaves a stat without the rest, or nothing.
THREADS = (
    "for each in /proc/[0-9]*; do "
    "read -r stat < $each/stat || continue; "
    'echo "stat $stat"; '
    "grep -E '^(Cpus|Mems)_allowed_list:' $each/status; "
    "done 2> /dev/null; true"
)
# drivers/base/node.c; without CONFIG_NUMA there are none.
NODES = (
    "cd /sys/devices/system/node 2> /dev/null || exit 0; for each in node[0-9]*; do "
    'echo "node ${each#node}"; echo "cpus $(cat $each/cpulist)"; '
    "grep MemTotal $each/meminfo; "
    'echo "distances $(cat $each/distance)"; done'
)
CPUS, MEMS = "Cpus_allowed_list", "Mems_allowed_list"
_KTHREADD = 2
_STAT = re.compile(r"stat (\d+) \((.*)\) (\S) (\d+) (.*)")
_CPU = 34  # field 39 of proc_pid_stat(5), counted from field 5


def read_threads(text: str, topology: Topology) -> tuple[Kthread, ...]:
    """What THREADS printed."""
    node_of = {cpu: node.id for node in topology.nodes for cpu in node.cpus}
    return tuple(sorted(_threads(text, node_of), key=lambda thread: thread.pid))


def _threads(text: str, node_of: dict[int, int]) -> Iterator[Kthread]:
    for part in re.split(r"^(?=stat )", text, flags=re.MULTILINE):
        head, _, rest = part.partition("\n")
        match = _STAT.fullmatch(head)
        lists = dict(line.split(":", 1) for line in rest.splitlines() if ":" in line)
        if not match or CPUS not in lists or _KTHREADD not in (int(match[1]), int(match[4])):
            continue
        cpu = int(match[5].split()[_CPU])
        yield Kthread(
            pid=int(match[1]),
            name=match[2],
            state=match[3],
            cpu=cpu,
            node=node_of.get(cpu, -1),
            allowed=parse_cpulist(lists[CPUS]),
            mems=parse_cpulist(lists.get(MEMS, "")),
        )


def read_nodes(text: str) -> tuple[GuestNode, ...]:
    """What NODES printed, by id."""
    parts = re.split(r"^node (\d+)\n", text, flags=re.MULTILINE)[1:]
    found = (_node(int(parts[at]), parts[at + 1]) for at in range(0, len(parts), 2))
    return tuple(sorted(found, key=lambda node: node.id))


def _node(number: int, text: str) -> GuestNode:
    cpus = re.search(r"^cpus (.*)$", text, re.MULTILINE)
    memory = re.search(r"MemTotal: +(\d+) kB", text)
    distances = re.search(r"^distances (.*)$", text, re.MULTILINE)
    assert cpus and memory and distances, text
    apart = tuple(map(int, distances[1].split()))
    return GuestNode(number, parse_cpulist(cpus[1]), int(memory[1]), apart)

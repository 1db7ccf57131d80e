# SPDX-License-Identifier: GPL-2.0-only
"""The machine of a run as one that QEMU can record, and what cannot be recorded, pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from orchestrator.model import rundir
from orchestrator.model.job import Plan
from orchestrator.model.topology import Topology
from orchestrator.plan import cpio
from orchestrator.plan.qemu import PORTS, Boot, State
from orchestrator.plan.qemu_record import TSC_KHZ, Recording, words

_SHRINK = "orchestrate shrink says whether the failure needs that"
# Of the first recording, and those after it: each has its threads switch elsewhere.
SHIFTS = (4, 3, 5)
# What only a leak scan or counters tell, for which no serial port is left.
_UNHEARD = {"leaks": "what the leak scan finds", "channels": "a channel that was missing"}


def refused(boot: Boot, plan: Plan, check: str) -> tuple[str, str]:
    """(why such a run cannot be recorded, what to do instead); ("", "") if it can.

    check: which one found the failure.
    """
    gdb = "orchestrate gdb RUN boots its machine again, forwards"
    rows = (
        (
            not boot.row.gdb,
            f"recordings are of x86_64 alone, and that run is of {boot.arch}",
            gdb,
        ),
        (
            boot.accelerator != "tcg",
            f"QEMU records under TCG, and that run was on {boot.accelerator}",
            "boot it again with --accel tcg, and record that run",
        ),
        (
            boot.session,
            "that run was a shell, a command or kselftest: what comes in on its ports cannot be "
            "recorded",
            gdb,
        ),
        (
            bool(boot.topology.plugs),
            "parts of its machine come and go, as QEMU is told from outside: that cannot be "
            "recorded",
            _SHRINK,
        ),
        (
            boot.topology.hmat is not None,
            "its HMAT is of several nodes' CPUs, and a recorded machine has one CPU",
            _SHRINK,
        ),
        (
            bool(_gone(boot.topology)),
            "a node of its machine has CPUs and no memory, and a recorded machine has its one CPU "
            "in node 0",
            _SHRINK,
        ),
        (check in _UNHEARD, f"{_UNHEARD.get(check)} has no serial port to go to", gdb),
    )
    return next(((why, hint) for bad, why, hint in rows if bad), ("", ""))


def one_cpu(topology: Topology) -> Topology:
    """All nodes, and one CPU, in the first one: Linux numbers nodes as the SRAT has them, and there
    those of CPUs come first (acpi_map_pxm_to_node() in drivers/acpi/numa/srat.c)."""
    nodes = tuple(replace(node, cpus=(0,) if node.id == 0 else ()) for node in topology.nodes)
    return replace(topology, nodes=nodes)


def _gone(topology: Topology) -> list[int]:
    """Nodes that have CPUs and nothing else: without them there is no such node."""
    return [node.id for node in topology.nodes[1:] if node.cpus and not node.mem_mib]


def recorded_plan(plan: Plan, nonce: str) -> Plan:
    """What is asked of a recorded machine: the same suites, and no leaks and counters."""
    return replace(
        plan, nonce=nonce, topology=one_cpu(plan.topology), leak_scan=False, coverage=False
    )


def recorded(boot: Boot, run_dir: str, shift: int) -> Boot:
    """The machine, recorded in run_dir."""
    names = [name for _, name, _ in PORTS]
    return replace(
        boot,
        run_dir=run_dir,
        initrd=f"{run_dir}/{rundir.INITRD}",
        topology=one_cpu(boot.topology),
        ports=PORTS,
        state=State.NONE,
        tcg_thread="single",
        tsc_khz=TSC_KHZ,
        extra_cmdline=(*boot.extra_cmdline, *words(names)),
        recording=Recording.RECORD,
        icount_shift=shift,
    )


def differs(plan: Plan) -> tuple[str, ...]:
    """What a recorded machine has otherwise, in words; nothing of it is hidden from the user."""
    cpus = plan.topology.cpu_count
    rows = (
        (cpus > 1, f"its {cpus} CPUs are one; all {len(plan.topology.nodes)} nodes are there"),
        (plan.leak_scan, "leaks are not looked for"),
        (plan.coverage, "lines are not counted"),
    )
    return tuple(text for there, text in rows if there)


def initrd(image: bytes, job: bytes, own: Iterable[cpio.Entry]) -> bytes:
    """Of a recorded machine: what comes in on a port would not be recorded, so the job follows
    the image (Documentation/driver-api/early-userspace/buffer-format.rst). own: files of this
    recording, which take the place of the job's."""
    return image + job + cpio.archive(own)


def own_files(nonce: str, entropy: str) -> Sequence[cpio.Entry]:
    """What each recording has for itself: else all of them would be the same."""
    return tuple(
        cpio.file(f"job/{name}", f"{text}\n".encode())
        for name, text in (("nonce", nonce), ("entropy", entropy))
    )

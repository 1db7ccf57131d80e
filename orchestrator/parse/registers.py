# SPDX-License-Identifier: GPL-2.0-only
"""HMP's `info registers -a` of x86 (x86_cpu_dump_state() in QEMU's target/i386/cpu-dump.c) and
arm64 (aarch64_cpu_dump_state() in target/arm/cpu.c)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from orchestrator.model.autopsy import CpuSeen, TaskSeen

_IF = 1 << 9  # RFLAGS: interrupts are taken
_LA57 = 1 << 12  # CR4: page tables have five levels
_CR4 = re.compile(r"\bCR4=([0-9a-f]{8})\b")
_CPU = re.compile(r"^\s*CPU#(\d+)\s*$", re.M)
_RIP = re.compile(r"^RIP=([0-9a-f]{16}) RFL=([0-9a-f]{8})\b.*?(?:\bHLT=([01]))?\s*$", re.M)
_PC = re.compile(r"^ *PC=([0-9a-f]{16}) ", re.M)
_PSTATE = re.compile(r"^PSTATE=([0-9a-f]{8}) .*\bEL\d[ht]", re.M)
_I = 1 << 7  # PSTATE: interrupts are masked
# Where a CPU of arm64 waits, with interrupts masked, that is idle or was stopped by a panic
# (arch/arm64/kernel/idle.c, smp.c): QEMU prints not that it does.
_IDLE = ("cpu_do_idle+", "arm64_nmi_cpu_stop+", "local_cpu_stop+")


class CpuState(Struct, frozen=True):
    """One vCPU at one moment. rip: where it is."""

    cpu: int
    rip: int
    irqs_off: bool
    halted: bool


def parse_registers(text: str) -> tuple[CpuState, ...]:
    """All vCPUs of one dump in 64-bit mode; what cannot be read is left out."""
    return tuple(_states(text))


def five_levels(text: str) -> bool:
    """Whether any vCPU walks page tables of five levels."""
    return any(int(value, 16) & _LA57 for value in _CR4.findall(text))


def _states(text: str) -> Iterator[CpuState]:
    parts = _CPU.split(text)
    for number, block in zip(parts[1::2], parts[2::2], strict=True):
        match = _RIP.search(block)
        if match:
            flags = int(match[2], 16)
            yield CpuState(int(number), int(match[1], 16), not flags & _IF, match[3] == "1")
        pc, pstate = _PC.search(block), _PSTATE.search(block)
        if pc and pstate:
            masked = bool(int(pstate[1], 16) & _I)
            yield CpuState(int(number), int(pc[1], 16), masked, halted=False)


def cpus_seen(
    samples: Sequence[tuple[CpuState, ...]], names: Mapping[int, str], tasks: Sequence[TaskSeen]
) -> tuple[CpuSeen, ...]:
    """The samples, CPU by CPU, with what ran there. names: of the RIPs, where they are known."""
    by_cpu: dict[int, list[CpuState]] = {}
    for sample in samples:
        for state in sample:
            by_cpu.setdefault(state.cpu, []).append(state)
    running = {task.cpu: task for task in tasks if task.running}
    return tuple(
        _seen(cpu, states, names, running.get(cpu)) for cpu, states in sorted(by_cpu.items())
    )


def _seen(
    cpu: int, states: Sequence[CpuState], names: Mapping[int, str], task: TaskSeen | None
) -> CpuSeen:
    places = Counter(names.get(state.rip, f"{state.rip:#x}") for state in states)
    idle = [names.get(state.rip, "").startswith(_IDLE) for state in states]
    busy = [state for state, waits in zip(states, idle, strict=True) if not waits]
    return CpuSeen(
        cpu=cpu,
        samples=len(states),
        irqs_off=sum(state.irqs_off for state in busy),
        halted=sum(state.halted for state in busy) + sum(idle),
        places=tuple(places.most_common()),
        task=f"{task.comm} {task.pid}" if task else "",
        stack=task.stack if task else (),
    )

# SPDX-License-Identifier: GPL-2.0-only
"""Registers as QEMU 7.2 prints them, of a guest with one CPU lost (orch_red_spin)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from parse_golden import GOLDEN, RELAXED

from orchestrator.model.autopsy import CpuSeen, TaskSeen
from orchestrator.parse.registers import CpuState, cpus_seen, five_levels, parse_registers

TEXT = (GOLDEN / "registers-irqs-off.txt").read_text()
YIELD, RED = 0xFFFFFFFF8111D022, 0xFFFFFFFFA0006003


def test_every_cpu_is_read() -> None:
    states = parse_registers(TEXT)
    assert [state.cpu for state in states] == [0, 1, 2, 3]
    assert [state.irqs_off for state in states] == [False, False, False, True]
    assert [state.halted for state in states] == [False] * 4
    assert {state.rip for state in states[:3]} == {YIELD} and states[3].rip == RED


ARM64 = (GOLDEN / "registers-arm64.txt").read_text()
IDLE, ARM64_RED = 0xFFFF8000802F4408, 0xFFFF8000789C300C


def test_every_cpu_of_arm64_is_read() -> None:
    states = parse_registers(ARM64)
    assert [state.cpu for state in states] == [0, 1, 2, 3]
    assert states[0].rip == states[1].rip == IDLE and states[3].rip == ARM64_RED
    assert all(state.irqs_off for state in states)  # an idle one waits like that
    taken = ARM64.replace("PSTATE=404000c5", "PSTATE=40400005", 1)
    assert [state.irqs_off for state in parse_registers(taken)] == [False, True, True, True]
    assert parse_registers(ARM64.replace("\n", "\r\n")) == states
    assert not five_levels(ARM64)


def test_an_idle_cpu_of_arm64_is_known_by_where_it_waits() -> None:
    names = {IDLE: "cpu_do_idle+0x10/0x14", ARM64_RED: "red+0xc/0x10 [m]"}
    seen = cpus_seen([parse_registers(ARM64)] * 2, names, ())
    assert [(cpu.halted, cpu.irqs_off) for cpu in seen] == [(2, 0), (2, 0), (0, 2), (0, 2)]


def test_cpus_that_a_panic_stopped_are_not_where_it_went_wrong() -> None:
    names = {IDLE: "arm64_nmi_cpu_stop+0x24/0x28", ARM64_RED: "__arm_smccc_hvc+0x8/0x30"}
    seen = cpus_seen([parse_registers(ARM64)], names, ())
    assert [cpu.halted for cpu in seen] == [1, 1, 0, 0]


def test_a_halted_cpu() -> None:
    halted = TEXT.replace("HLT=0", "HLT=1", 1)
    assert [state.halted for state in parse_registers(halted)] == [True, False, False, False]


def test_carriage_returns_change_nothing() -> None:
    assert parse_registers(TEXT.replace("\n", "\r\n")) == parse_registers(TEXT)


def test_what_is_no_64_bit_code_is_left_out() -> None:
    real_mode = TEXT.replace(f"RIP={YIELD:016x}", "EIP=0000fff0", 1)
    assert [state.cpu for state in parse_registers(real_mode)] == [1, 2, 3]


def test_levels_of_page_tables() -> None:
    assert not five_levels(TEXT)
    assert five_levels(TEXT.replace("CR4=003506", "CR4=003516", 1))
    assert not five_levels("")


@RELAXED
@given(st.integers(0, len(TEXT)), st.text(max_size=20))
def test_damaged_text_makes_no_state_up(cut: int, junk: str) -> None:
    whole = {(state.cpu, state.rip) for state in parse_registers(TEXT)}
    assert {(s.cpu, s.rip) for s in parse_registers(TEXT[:cut])} <= whole
    parse_registers(TEXT[:cut] + junk + TEXT[cut:])


def test_samples_are_summed_up_by_cpu() -> None:
    first = (CpuState(0, 1, False, True), CpuState(1, 2, True, False))
    second = (CpuState(0, 1, False, True), CpuState(1, 3, True, False))
    spinning = TaskSeen(7, "spin", "R", 1, running=True, stack=("red+0x3/0x5 [m]",))
    asleep = TaskSeen(8, "sleep", "S", 0)
    seen = cpus_seen(
        (first, second, second), {1: "idle+0x1/0x2", 3: "red+0x3/0x5"}, (spinning, asleep)
    )
    assert seen == (
        CpuSeen(0, 3, 0, 3, (("idle+0x1/0x2", 3),)),
        CpuSeen(1, 3, 3, 0, (("red+0x3/0x5", 2), ("0x2", 1)), "spin 7", ("red+0x3/0x5 [m]",)),
    )


def test_nothing_is_seen_without_samples() -> None:
    assert cpus_seen((), {}, ()) == ()

# SPDX-License-Identifier: GPL-2.0-only
"""Tables for CPUs that come later: whole, as ACPI has them, and only where they are needed."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from msgspec.structs import replace
from test_plan_qemu import BOOT
from test_replay import qemu as qemu  # a fixture
from test_replay import replayed

from orchestrator.config.topology import load_topology
from orchestrator.plan.acpi_tables import APIC_INSTANCE, FADT, MADT, tables
from orchestrator.plan.qemu import argv, own_tables

MACHINE = load_topology("cpuplug")


@pytest.mark.parametrize(("name", "signature"), [(FADT, b"FACP"), (MADT, b"APIC")])
def test_a_table_is_whole(name: str, signature: bytes) -> None:
    table = tables(MACHINE)[name]
    assert table[:4] == signature
    assert struct.unpack_from("<I", table, 4) == (len(table),)
    assert sum(table) % 256 == 0


def test_the_fadt_is_of_acpi_6_3() -> None:
    table = tables(MACHINE)[FADT]
    assert (len(table), table[8], table[131]) == (244, 6, 3)
    assert struct.unpack_from("<I", table, 40) == (0,), "the DSDT is the other's"


def test_each_cpu_is_there_or_may_come() -> None:
    table, at, seen = tables(MACHINE)[MADT], 44, []
    while at < len(table):
        if table[at] == 0:
            seen.append(struct.unpack_from("<BBI", table, at + 2))
        at += table[at + 1]
    assert at == len(table)
    assert seen == [(0, 0, 1), (1, 1, 1), (2, 2, 2), (3, 3, 2), (4, 4, 2)]


def test_who_gets_them() -> None:
    boot = replace(BOOT, topology=MACHINE)
    line = argv(boot)
    assert [word for word in line if word.startswith("file=/")] == [
        f"file={boot.run_dir}/{FADT}", f"file={boot.run_dir}/{MADT}",
    ]  # fmt: skip
    assert APIC_INSTANCE in line[line.index("-append") + 1].split()
    for other in (BOOT, replace(boot, accelerator="kvm"), replace(boot, firmware="")):
        assert own_tables(other) == {} and "-acpitable" not in argv(other)
        assert APIC_INSTANCE not in " ".join(argv(other))
    assert tables(load_topology("memplug")) == {}


def test_the_replay_script_brings_them(tmp_path: Path, qemu: str) -> None:
    boot = replace(BOOT, qemu=qemu, topology=MACHINE)
    for name, data in own_tables(boot).items():
        (tmp_path / name).write_bytes(data)
    line = replayed(boot, tmp_path)
    (given,) = [word for word in line if word.endswith(MADT)]
    assert Path(given.removeprefix("file=")).read_bytes() == tables(MACHINE)[MADT]

# SPDX-License-Identifier: GPL-2.0-only
"""Two ACPI tables beside QEMU's own, for CPUs that come later under TCG.

Linux takes a CPU that is not enabled for one that may come if the firmware says so, which ACPI can
since 6.3 ("online capable"), or if it knows its hypervisor (acpi_is_processor_usable() in
arch/x86/kernel/acpi/boot.c). QEMU's tables are older, and TCG is no hypervisor that Linux knows.
So it gets QEMU's own tables once more, with that said: the FADT only tells which ACPI it is, and
the kernel goes by the last there is (acpi_tb_parse_root_table() in drivers/acpi/acpica/tbutils.c);
of the MADT it takes the one that APIC_INSTANCE names.
"""

from __future__ import annotations

import struct

from orchestrator.model.topology import Topology

FADT, MADT = "fadt.aml", "madt.aml"
APIC_INSTANCE = "acpi_apic_instance=2"
_ENABLED, _ONLINE_CAPABLE = 1, 2
_FACS = 0xD0000  # where qboot puts the first of the tables that it gets from QEMU
_IO = 1  # address space of a generic address
_PM = 0x600  # ICH9's power management (hw/isa/lpc_ich9.c)
_FLAGS = 0x84A5  # as acpi_get_pm_info() of hw/i386/acpi-build.c has them for q35


def tables(topology: Topology) -> dict[str, bytes]:
    """File name → content; none if no CPU comes later."""
    if not topology.later_cpus:
        return {}
    return {FADT: _fadt(), MADT: _madt(topology.cpu_count, topology.most_cpus)}


def _table(signature: bytes, revision: int, body: bytes) -> bytes:
    """With its header (ACPI 6.3, section 5.2.6), whose bytes all sum up to 0."""
    header = struct.pack(
        "<4sIBB6s8sI4sI", signature, 36 + len(body), revision, 0, b"ORCHES", b"LATER   ", 1,
        b"ORCH", 1,
    )  # fmt: skip
    total = sum(header + body) & 0xFF
    return header[:9] + bytes([-total & 0xFF]) + header[10:] + body


def _io(bits: int, port: int, size: int = 0) -> bytes:
    """A generic address (section 5.2.3.2); size: of an access, 0 for whatever it is."""
    return struct.pack("<BBBBQ", _IO, bits, 0, size, port)


def _fadt() -> bytes:
    """QEMU 7.2's for q35, as ACPI 6.3. The DSDT stays the one that the table before this names (if
    it is named twice, the kernel loads neither), so the kernel complains of a table at 0x0."""
    none = bytes(12)
    body = struct.pack(
        "<IIBBHIBBBBIIIIIIIIBBBBBBBBHHHHBBBBBHBI",
        _FACS, 0, 1, 0, 9, 0xB2, 2, 3, 0, 0, _PM, 0, _PM + 4, 0, 0, _PM + 8, _PM + 0x20, 0,
        4, 2, 0, 4, 16, 0, 0, 0, 0xFFF, 0xFFF, 0, 0, 0, 0, 0, 0, 0x32, 2, 0, _FLAGS,
    )  # fmt: skip
    body += _io(8, 0xCF9) + b"\x0f" + struct.pack("<HB", 0, 3)
    body += bytes(16)
    body += _io(32, _PM) + none + _io(16, _PM + 4) + none + none + _io(32, _PM + 8)
    return _table(b"FACP", 6, body + _io(128, _PM + 0x20) + none)


def _madt(there: int, most: int) -> bytes:
    """A local APIC each, of which the first are there; then what build_madt() of
    hw/i386/acpi-common.c has."""
    body = struct.pack("<II", 0xFEE00000, 1)
    for cpu in range(most):
        flags = _ENABLED if cpu < there else _ONLINE_CAPABLE
        body += struct.pack("<BBBBI", 0, 8, cpu, cpu, flags)
    body += struct.pack("<BBBBII", 1, 12, 0, 0, 0xFEC00000, 0)
    for source, target, flags in ((0, 2, 0), (5, 5, 13), (9, 9, 13), (10, 10, 13), (11, 11, 13)):
        body += struct.pack("<BBBBIH", 2, 10, 0, source, target, flags)
    return _table(b"APIC", 1, body + struct.pack("<BBBHB", 4, 6, 0xFF, 0, 1))

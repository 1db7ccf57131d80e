# SPDX-License-Identifier: GPL-2.0-only
"""The machine that is recorded is the run's with one CPU, and what cannot be recorded is told."""

from __future__ import annotations

import struct

import pytest
from msgspec.structs import replace
from test_plan_qemu import BOOT, ODD, values

from orchestrator.config import topology as topologies
from orchestrator.model import rundir
from orchestrator.model.arch import ARM64
from orchestrator.model.job import Plan
from orchestrator.plan import qcow2, record
from orchestrator.plan.qemu import COVERAGE_PORT, LEAKS_PORT, PORTS, Recording, argv, written

PLAN = Plan("0123", ("orch_create",), ODD, numa=True, strict_affinity=True, leak_scan=True)
RECORDED = record.recorded(replace(BOOT, qmp_socket=""), "/o,ut", 4)


def test_all_nodes_stay_and_the_cpus_are_one() -> None:
    shape = [(node.id, node.cpus, node.mem_mib) for node in RECORDED.topology.nodes]
    assert shape == [(0, (0,), 256), (1, (), 0), (2, (), 128)]
    assert RECORDED.topology.distances == ODD.distances
    assert values(RECORDED, "-smp") == ["1,sockets=1,cores=1,threads=1"]
    assert record.recorded_plan(PLAN, "n").topology == RECORDED.topology


@pytest.mark.parametrize("name", ["numa1", "numa4", "distances"])
def test_so_it_is_with_ours(name: str) -> None:
    folded = record.one_cpu(topologies.load_topology(name))
    assert not [node for node in folded.nodes if node.empty]
    assert folded.cpu_count == 1 and folded.mem_mib == topologies.load_topology(name).mem_mib


def test_what_comes_in_is_in_the_initrd_and_what_goes_out_takes_serial_ports() -> None:
    words = argv(RECORDED)
    assert not [word for word in words if "virt" in word]
    assert values(RECORDED, "-serial") == [
        f"chardev:{n}" for n in ("console", "results", "kmsg", "trace")
    ]
    assert values(RECORDED, "-icount") == [
        "shift=4,rr=record,rrfile=/o,,ut/record.bin,rrsnapshot=start"
    ]
    (line,) = values(RECORDED, "-append")
    assert line.index("8250.nr_uarts=1 ") < line.index("8250.nr_uarts=4 "), "the last one counts"
    assert "results=/dev/ttyS1 kmsg_port=/dev/ttyS2 trace_port=/dev/ttyS3" in line
    assert "tsc_early_khz=1000000" in line, "guest time in ns, whatever the host's clock"
    assert {rundir.RECORD, rundir.SNAPSHOT, rundir.RESULTS} <= {*written(RECORDED)}
    replayed = replace(RECORDED, recording=Recording.REPLAY)
    assert rundir.RECORD not in written(replayed) and rundir.SNAPSHOT in written(replayed)
    assert [a for a in argv(replayed) if a not in words] == [
        "shift=4,rr=replay,rrfile=/o,,ut/record.bin,rrsnapshot=start"
    ]


def test_nothing_of_it_is_in_other_machines() -> None:
    assert not {"-icount", "-rtc", "-drive"} & {*argv(BOOT)}


def test_ports_that_have_no_serial_one_are_left_out_and_that_is_said() -> None:
    more = replace(BOOT, ports=(*PORTS, LEAKS_PORT, COVERAGE_PORT))
    assert record.recorded(more, "/r", 4).ports == PORTS
    plan = replace(PLAN, coverage=True)
    asked = record.recorded_plan(plan, "n")
    assert (asked.leak_scan, asked.coverage, asked.nonce) == (False, False, "n")
    assert record.differs(plan) == (
        "its 3 CPUs are one; all 3 nodes are there",
        "leaks are not looked for",
        "lines are not counted",
    )
    one = replace(PLAN, topology=topologies.load_topology("numa1"), leak_scan=False)
    assert bool(record.differs(one)) is (one.topology.cpu_count > 1)


REFUSED = {
    "CPUs and no memory": replace(BOOT, topology=ODD),
    "arm64": replace(BOOT, arch=ARM64.name),
    "kvm": replace(BOOT, accelerator="kvm"),
    "shell": replace(BOOT, session=True),
    "come and go": replace(BOOT, topology=topologies.load_topology("cpuplug")),
    "HMAT": replace(BOOT, topology=topologies.load_topology("hmat")),
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_cannot_be_recorded_is_refused_with_a_way_on(word: str) -> None:
    why, hint = record.refused(REFUSED[word], PLAN, "ktap")
    assert word in why and hint


def test_nor_what_no_port_tells() -> None:
    plain = replace(BOOT, topology=topologies.load_topology("numa4"))
    assert "leak scan" in record.refused(plain, PLAN, "leaks")[0]
    assert record.refused(plain, PLAN, "ktap") == ("", "")


def test_each_recording_has_files_of_its_own_last() -> None:
    whole = record.initrd(b"IMAGE", b"JOB", record.own_files("n1", "e1"))
    assert whole.startswith(b"IMAGEJOB070701")
    assert b"job/nonce\0" in whole and b"n1\n" in whole and b"e1\n" in whole


def test_an_empty_image_is_one() -> None:
    data = qcow2.empty(1 << 30)
    magic, version = struct.unpack_from(">4sI", data)
    size, rows = struct.unpack_from(">Q", data, 24)[0], struct.unpack_from(">I", data, 36)[0]
    assert (magic, version, size, rows) == (b"QFI\xfb", 3, 1 << 30, 2)
    assert len(data) % (1 << 16) == 0

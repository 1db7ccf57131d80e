# SPDX-License-Identifier: GPL-2.0-only
"""Machines with an HMAT, and with parts that come and go: green, and each way to be red."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from running import COMMAND, PATCHES, Boot, Done

from orchestrator.config.topology import load_topology

BORN_LATER = """\
description = "node 1 is born before the suites"
[[node]]
cpus = "0"
mem_mib = 256
[[node]]
mem_mib = 0
[[plug]]
node = 1
mem_mib = 128
[[plug]]
node = 1
cpu = 1
"""
TOO_MUCH = f"{BORN_LATER.partition('[[plug]]')[0]}[[plug]]\nnode = 1\nmem_mib = {1 << 19}\n"


@pytest.fixture(scope="module")
def hmat(boot: Boot) -> Done:
    return boot("--topology", "hmat", "--suite", "nodes", "--suite", "affinity")


def plugs_of(done: Done) -> list[tuple[int, str]]:
    return [(one["number"], one["state"]) for one in done.run["guest_plugs"]]


def own(folder: Path, text: str) -> str:
    (folder / "own.toml").write_text(text)
    return str(folder / "own.toml")


def test_an_hmat_is_seen_as_it_was_asked_for(hmat: Done) -> None:
    assert (hmat.returncode, hmat.verdict) == (0, "pass"), hmat.explain()
    assert hmat.run["config"] == "numa+acpi", "the topology asks for it"
    seen = hmat.run["guest_hmat"]
    asked = load_topology("hmat").hmat
    assert asked is not None
    assert [pair["latency_ns"] for pair in seen["table"]["pairs"]] == [
        each.latency_ns for each in asked.accesses
    ]
    slow = seen["accesses"][2]
    assert (slow["node"], slow["initiators"]) == (2, [0])
    assert (slow["latency_ns"], slow["bandwidth_mib"]) == (["400", "400"], ["2048", "2048"])
    assert [one["size_bytes"] for one in seen["caches"]] == [16 << 20]


@pytest.mark.parametrize(("was", "now"), [
    ('"latency_ns": 400', '"latency_ns": 401'), ('"size_kib": 16384', '"size_kib": 8192'),
])  # fmt: skip
def test_another_hmat_than_asked_for_is_infrastructure(
    hmat: Done, tmp_path: Path, was: str, now: str
) -> None:
    for source in hmat.run_dir.iterdir():
        if source.is_file():
            shutil.copy(source, tmp_path / source.name)
    text = json.dumps(json.loads((tmp_path / "plan.json").read_text()))
    assert was in text
    (tmp_path / "plan.json").chmod(0o600)
    (tmp_path / "plan.json").write_text(text.replace(was, now))
    done = subprocess.run([*COMMAND, "judge", str(tmp_path)], capture_output=True, text=True,
                          timeout=120, check=False)  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert "not the machine asked for: the HMAT has" in done.stdout


@pytest.mark.parametrize("name", ["memplug", "cpuplug"])
def test_parts_come_and_go_under_threads(boot: Boot, name: str) -> None:
    done = boot("--topology", name, "--suite", "nodes", "--suite", "plug", "--suite", "worker")
    assert (done.returncode, done.verdict) == (0, "pass"), done.explain()
    count = len(load_topology(name).plugs)
    assert plugs_of(done) == [(number, "seen") for number in range(count)]
    (suite,) = [one for one in done.run["suites"] if one["name"] == "orch_plug"]
    assert suite["counts"]["passed"] == count
    busy = any("is not kept" in note for note in done.run["notes"])
    assert done.run["outcome"]["forked"] or busy, "a state is kept before the first part comes"


def test_parts_nobody_asks_for_come_all_the_same(boot: Boot) -> None:
    done = boot("--topology", "memplug", "--suite", "create")
    assert done.verdict == "pass", done.explain()
    assert [state for _, state in plugs_of(done)] == ["seen"] * 3


def test_a_node_is_born_before_a_command(tmp_path: Path) -> None:
    run = tmp_path / "run"
    asked = ("--config", "numa", "--topology", own(tmp_path, BORN_LATER), "--run-dir", str(run))
    done = subprocess.run(
        [*COMMAND, "boot", *asked, "--", "cat /sys/devices/system/node/online"],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "0-1\n" in done.stdout, done.stderr
    document = json.loads((run / "run.json").read_text())
    assert document["verdict"] == "pass"
    assert [one["state"] for one in document["guest_plugs"]] == ["seen", "seen"]


def test_what_qemu_refuses_is_infrastructure(boot: Boot, tmp_path: Path) -> None:
    done = boot("--topology", own(tmp_path, TOO_MUCH), "--suite", "create")
    assert (done.returncode, done.verdict) == (3, "infrastructure"), done.explain()
    (finding,) = done.run["findings"]
    assert finding["title"].startswith(f"QEMU does not plug {1 << 19} MiB to node 1: ")


def test_memory_that_the_guest_never_sees_is_infrastructure(boot: Boot) -> None:
    patch = str(PATCHES / "memory-not-taken.patch")
    done = boot("--topology", "memplug", "--patch", patch, "--suite", "create", "--timeout", "4")
    assert (done.returncode, done.verdict) == (3, "infrastructure"), done.explain()
    assert done.checks == {"plugs"}
    assert "plug 0, 128 MiB to node 1, was not seen" in done.stdout


def test_threads_that_do_not_follow_their_node_are_the_kernels_fault(boot: Boot) -> None:
    """The other suites, hotplug among them, see nothing of it: their nodes are there."""
    patch = str(PATCHES / "later-node-forgotten.patch")
    done = boot("--topology", "cpuplug", "--patch", patch, "--suite", "plug", "--suite", "hotplug")
    # On a host that gives the machine no time, a case that fails says nothing.
    starved = done.run["outcome"]["host"]["starved"]
    assert done.verdict == ("infrastructure" if starved else "fail"), done.explain()
    assert [finding["title"] for finding in done.run["findings"] if finding["check"] == "ktap"] == [
        "orch_plug.threads_follow.part2 failed"
    ], done.explain()
    assert plugs_of(done)[-1] == (5, "seen")

# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that must come out green, and what a green run leaves behind."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from running import COMMAND, Boot, Done, boots_by_hand

TOPOLOGIES = ("numa1", "numa2", "numa8", "uneven", "memoryless", "cpuless", "distances")


def test_numa4_is_green(green: Done) -> None:
    assert (green.returncode, green.verdict) == (0, "pass"), green.explain()
    assert green.run["findings"] == []
    assert green.run["outcome"]["ending"] == "power-off"
    idle = {suite["name"] for suite in green.run["suites"] if not suite["counts"]["passed"]}
    # Which need the fragment faults, and a machine whose parts come and go.
    assert idle <= {"orch_faults", "orch_plug"}, green.explain()


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_topology_is_green(boot: Boot, name: str) -> None:
    """All suites on it; its nodes themselves: test_guest_nodes.py."""
    done = boot("--topology", name)
    assert (done.returncode, done.verdict) == (0, "pass"), done.explain()


def test_memory_above_4_gib_is_all_there(boot: Boot, tmp_path: Path) -> None:
    """The kernel takes none of a node's for bounce buffers."""
    nodes = "".join(f'[[node]]\ncpus = "{cpu}"\nmem_mib = 128\n' for cpu in range(34))
    topology = tmp_path / "nodes34.toml"
    topology.write_text(f'description = "34 nodes"\n{nodes}')
    done = boot("--cold", "--suite", "nodes", "--topology", str(topology))
    assert done.verdict == "pass", done.explain()


def test_without_numa_is_green(boot: Boot) -> None:
    done = boot("--config", "nonuma")
    assert (done.returncode, done.verdict) == (0, "pass"), done.explain()
    assert "CONFIG_NUMA=y" not in (done.run_dir / "kernel.config").read_text()


def test_threads_land_where_they_were_asked_to(green: Done) -> None:
    placed = [place for place in green.run["placements"] if place["asked"] >= 0]
    assert {place["asked"] for place in placed} == {0, 1, 2, 3}
    assert all(place["task_node"] == place["asked"] for place in placed)


def test_run_directory_explains_the_run(green: Done) -> None:
    left = {path.name for path in green.run_dir.iterdir()}
    assert {
        "run.json", "console.log", "dmesg.log", "trace.log", "ktap.log", "junit.xml",
        "kernel.config", "replay.sh", "results.log", "build.log", "plan.json", "vm.json",
    } <= left  # fmt: skip
    root = ElementTree.parse(green.run_dir / "junit.xml").getroot()
    assert root.get("failures") == "0" and root.get("errors") == "0"
    assert int(root.get("tests", "0")) > len(green.run["suites"])


def test_judge_repeats_the_verdict(green: Done) -> None:
    done = _judge(green.run_dir)
    assert done.returncode == 0, done.stderr
    assert "verdict: pass" in done.stdout


@pytest.mark.parametrize("file", ["results.log", "kmsg.log", "trace.log", "console.log"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.97])
def test_a_truncated_channel_is_never_green(
    green: Done, tmp_path: Path, file: str, share: float
) -> None:
    """The console alone may be cut: when its own channel brought the log, nobody reads it."""
    for source in green.run_dir.iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    whole = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(whole[: int(len(whole) * share)])
    done = _judge(tmp_path)
    assert done.returncode == (0 if file == "console.log" else 1), done.stdout + done.stderr


def _judge(run_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "judge", str(run_dir)], capture_output=True, text=True, timeout=60, check=False
    )


def test_replay_script_boots_the_same_machine(green: Done) -> None:
    boots_by_hand(green, 120)


def test_warm_run_builds_nothing(green: Done, boot: Boot) -> None:
    done = boot("--suite", "create")
    assert done.verdict == "pass", done.explain()
    cached = {stage["stage"]: stage["cached"] for stage in done.run["stages"]}
    assert cached["build"] and cached["module"] and cached["source"]


def test_two_runs_at_once_share_the_cache(green: Done, tmp_path: Path) -> None:
    runs = [
        subprocess.Popen(
            [*COMMAND, "boot", "--config", "numa", "--run-dir", str(tmp_path / name)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for name in ("one", "two")
    ]
    for run in runs:
        out, _ = run.communicate(timeout=300)
        assert run.returncode == 0, out.decode()


def test_json_on_standard_output(green: Done, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "boot", "--config", "numa", "--suite", "create",
         "--json", "-", "--run-dir", str(tmp_path / "run")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout == (tmp_path / "run" / "run.json").read_text()

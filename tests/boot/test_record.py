# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate record`, and gdb going back in what it recorded, on real machines. With the QEMU of
the system, or that of ORCHESTRATE_QEMU (tox -e qemus)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from running import COMMAND, PATCHES, RED_SUITES, Boot, Done

NOT_REPRODUCED = 4
needs_gdb = pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")


def orchestrate(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *args], capture_output=True, text=True, timeout=400, check=False,
        env={**os.environ, **env},
    )  # fmt: skip


def red(boot: Boot, suite: str) -> Done:
    return boot("--kmod", str(RED_SUITES), "--suite", suite, "--topology", "numa2")


@pytest.fixture(scope="module")
def failed(boot: Boot) -> Path:
    """A run with a failed case, and its recording."""
    done = red(boot, "orch_red_fail")
    assert done.verdict == "fail", done.explain()
    recorded = orchestrate("record", str(done.run_dir))
    assert recorded.returncode == 0, recorded
    assert "recorded: orch_red_fail.red failed (in 1 recording)" in recorded.stdout
    assert "its 2 CPUs are one; all 2 nodes are there" in recorded.stderr
    assert "the same, byte for byte" in recorded.stderr
    return done.run_dir


def gdb(run_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return orchestrate("gdb", str(run_dir), "--replay", "--batch", *words)


def test_a_recording_is_a_run_judged_like_any(failed: Path) -> None:
    folder = failed / "recording"
    told = json.loads((folder / "recording.json").read_text())
    assert (told["of_run"], told["target"]["title"]) == (str(failed), "orch_red_fail.red failed")
    assert [each["outcome"] for each in told["tries"]] == ["same"]
    again = orchestrate("judge", str(folder))
    assert again.returncode == 1 and "orch_red_fail.red failed" in again.stdout, again
    plans = [json.loads((each / "plan.json").read_text()) for each in (failed, folder)]
    assert plans[0]["nonce"] != plans[1]["nonce"]
    assert [len(node["cpus"]) for node in plans[1]["topology"]["nodes"]] == [1, 0]


def test_a_run_of_our_own_suites(boot: Boot) -> None:
    """Their modules come with the guest, not with the job."""
    patch = ("--patch", str(PATCHES / "node-ignored.patch"))
    done = boot(*patch, "--topology", "numa2", "--suite", "nodes")
    assert done.verdict == "fail", done.explain()
    told = orchestrate("record", str(done.run_dir), "--finding", "online_node.node1")
    assert told.returncode == 0, told
    assert "recorded: orch_nodes.online_node.node1 failed" in told.stdout


@needs_gdb
def test_gdb_stops_where_it_fails_and_goes_back(failed: Path, tmp_path: Path) -> None:
    before = (failed / "recording/snapshot.qcow2").read_bytes()
    script = tmp_path / "back.gdb"
    script.write_text("backtrace 2\nbreak red\nreverse-continue\nbacktrace 2\n")
    ways = ("reverse-stepi", "backtrace 1", "continue", "info symbol $pc")
    words = [word for way in ways for word in ("-ex", way)]
    done = gdb(failed, "-x", str(script), *words)
    assert done.returncode == 0, done
    frames = re.findall(r"^#\d +(?:0x\w+ in )?(\w+) \(\)", done.stdout, re.MULTILINE)
    assert frames == [
        "__kunit_do_failed_assertion", "red", "red", "kunit_try_run_case", "kunit_try_run_case",
    ], done  # fmt: skip
    assert re.search(r"^red in section .text", done.stdout, re.MULTILINE), done
    assert "a failure is told from here on; recorded is 'orch_red_fail.red failed'" in done.stdout
    assert (failed / "recording/snapshot.qcow2").read_bytes() == before, "replays leave it alone"


@pytest.mark.parametrize("name", ["record.bin", "snapshot.qcow2", "initrd.cpio"])
def test_a_recording_cut_short_is_none(failed: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(failed / "recording", copy)
    with (copy / name).open("r+b") as stream:
        stream.truncate(stream.seek(0, os.SEEK_END) // 2)
    done = gdb(copy, "-ex", "backtrace")
    assert done.returncode == 2 and f"{name} is not what was recorded" in done.stderr, done
    (copy / name).unlink()
    assert gdb(copy, "-ex", "backtrace").returncode == 2


def test_another_qemu_does_not_replay_it(failed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(failed / "recording", copy)
    file = copy / "recording.json"
    file.write_text(file.read_text().replace("QEMU emulator version", "QEMU of another version"))
    done = gdb(copy, "-ex", "backtrace")
    assert done.returncode == 2 and "another QEMU recorded it" in done.stderr, done


def test_what_needs_two_cpus_does_not_reproduce(boot: Boot, tmp_path: Path) -> None:
    done = red(boot, "orch_red_affinity")
    assert done.verdict == "fail", done.explain()
    words = ("record", str(done.run_dir), "--tries", "2", "--finding", "work", "--run-dir")
    told = orchestrate(*words, str(tmp_path / "out"))
    assert told.returncode == NOT_REPRODUCED, told
    assert "did not reproduce in 2 recordings" in told.stdout
    assert not (tmp_path / "out").exists() and not (done.run_dir / "recording").exists()
    assert gdb(done.run_dir, "-ex", "bt").returncode == 2


def test_nor_what_no_run_ever_showed(failed: Path, tmp_path: Path) -> None:
    """The run says that another case failed than the one its suite has."""
    altered = tmp_path / "altered"
    shutil.copytree(failed, altered, ignore=shutil.ignore_patterns("recording"))
    for file in ("console.log", "kmsg.log"):
        text = (altered / file).read_text().replace("# red:", "# odd:")
        (altered / file).write_text(re.sub(r"not ok (\d) red\b", r"not ok \1 odd", text))
    told = orchestrate("record", str(altered), "--tries", "1")
    assert told.returncode == NOT_REPRODUCED, told
    assert "did not reproduce in 1 recording: orch_red_fail.odd failed" in told.stdout


def test_what_is_refused(failed: Path, green: Done, tmp_path: Path) -> None:
    passed = orchestrate("record", str(green.run_dir))
    assert passed.returncode == 2 and "no failure to record" in passed.stderr, passed
    copy = tmp_path / "copy"
    shutil.copytree(failed, copy)
    file = copy / "machine.json"
    machine = file.read_text()
    for old, new, said in (
        ('"accelerator": "tcg"', '"accelerator": "kvm"', "under TCG"),
        ('"arch": "x86_64"', '"arch": "arm64"', "x86_64 alone"),
        ('"session": false', '"session": true', "was a shell"),
    ):
        assert old in machine
        file.write_text(machine.replace(old, new))
        told = orchestrate("record", str(copy))
        assert told.returncode == 2 and said in told.stderr, told
    assert (copy / "recording/recording.json").is_file(), "what was there stays"
    none = orchestrate("record", str(failed), "--finding", "no such")
    assert none.returncode == 2 and "orch_red_fail.red failed" in none.stderr
    assert orchestrate("gdb", str(failed), "--replay", "--again").returncode == 2

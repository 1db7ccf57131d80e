# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate compare` as a user would run it: two kernels, several boots of each."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

from running import BUGS, COMMAND, PATCHES, Compare, alive, qemu_children


def test_a_rename_changes_nothing(compare: Compare) -> None:
    code, found, said = compare("--patch", str(PATCHES / "rename-only.patch"))
    assert (code, found["verdict"]) == (0, "same"), said
    assert found["runs"]["head"] >= 2
    assert found["runs"]["base"] > found["runs"]["head"]
    cell = found["cells"][0]
    assert cell["proven"]
    assert cell["facts"] > 500
    assert {line["state"] for line in cell["coverage"]} >= {"run"}
    assert "nothing differs in" in said
    replay = (Path(found["run_dir"]) / "head-1" / "replay.sh").read_text()
    assert "thread=single" in replay  # machines side by side, each on a thread of its own


def test_a_leak_is_named_with_its_case(compare: Compare) -> None:
    code, found, said = compare("--patch", str(BUGS / "create-info-leak.patch"))
    assert (code, found["verdict"]) == (1, "differs"), said
    leaks = [each for each in found["differences"] if each["kind"] == "leak"]
    assert leaks, said
    assert any("__kthread_create_on_node" in each["title"] for each in leaks)
    assert any(each["where"].startswith("orch_") for each in leaks)
    assert "memory leak" in said
    page = (Path(found["run_dir"]) / "compare.html").read_text()
    assert "memory leak" in page
    linked = re.findall(r'href="\./(head-\d+)/report\.html"', page)
    assert linked, page
    shown = (Path(found["run_dir"]) / linked[0] / "report.html").read_text()
    assert re.search(r"<bdi>kernel/kthread.c</bdi>: \d+ of \d+ lines", shown), "coverage, by gcov"
    assert re.search(r"\n +\d+  \t+\S", shown) and "\\x0a" not in shown


def test_a_crash_is_told_without_waiting(compare: Compare) -> None:
    code, found, said = compare("--patch", str(BUGS / "worker-on-cpu-error-deref.patch"))
    assert (code, found["verdict"]) == (1, "differs"), said
    assert {"splat", "ending", "test"} & {each["kind"] for each in found["differences"]}


def test_what_does_not_build_is_broken(compare: Compare) -> None:
    code, found, said = compare("--patch", str(PATCHES / "does-not-compile.patch"))
    assert (code, found["verdict"]) == (1, "broken"), said
    assert "error" in said


def test_what_does_not_apply_is_broken(compare: Compare) -> None:
    code, found, said = compare("--patch", str(PATCHES / "does-not-apply.patch"))
    assert (code, found["verdict"]) == (1, "broken"), said


def test_nothing_to_compare_is_usage(compare: Compare) -> None:
    code, found, said = compare()
    assert (code, found) == (2, {})
    assert "--patch" in said


def test_ctrl_c_leaves_no_machine(tmp_path: Path) -> None:
    patch = str(PATCHES / "rename-only.patch")
    argv = [*COMMAND, "compare", "--patch", patch, "--run-dir", str(tmp_path / "run")]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 300
    machines: list[int] = []
    while not machines and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
        machines = qemu_children(process.pid)
    assert machines, process.communicate(timeout=60)[1]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert not any(alive(pid) for pid in machines)
    assert json.loads((tmp_path / "run/compare.json").read_text())["verdict"] == "unsure"

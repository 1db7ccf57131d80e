# SPDX-License-Identifier: GPL-2.0-only
"""Kernels, modules and machines that must not come out green, each with its exact verdict."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pexpect
import pytest
from running import COMMAND, PATCHES, RED_SUITES, Boot, Done, alive, qemu_children

# Suite of tests/kmod-red → verdict, and a check that must have had a part in it.
SUITES = {
    "orch_red_fail": ("fail", "ktap"),
    "orch_red_warn": ("fail", "splats"),
    "orch_red_oops": ("crash", "splats"),
    "orch_red_panic": ("crash", "splats"),
    "orch_red_restart": ("crash", "ending"),
    "orch_red_hang": ("hang", "ending"),
    "orch_red_spin": ("hang", "ending"),
    "orch_red_poweroff": ("incomplete", "ending"),
    "orch_red_skip": ("skip", "ktap"),
    "orch_red_affinity": ("fail", "work-cpu"),
}
# Suite → what must stand in the page of what was seen before the guest went; "": there is none.
SEEN = {
    "orch_red_fail": "",
    "orch_red_spin": r"CPU \d: red\+0x\S+ \[orch_red_spin_test\] .* interrupts off in 5 of 5",
    "orch_red_hang": r"wait_for_completion < red \[orch_red_hang_test\]",
    "orch_red_panic": r"\[orch_red_panic_test\]",
    "orch_red_poweroff": "",
}


@pytest.mark.parametrize("suite", SUITES)
def test_red_suite(boot: Boot, green: Done, suite: str) -> None:
    verdict, check = SUITES[suite]
    done = boot("--kmod", str(RED_SUITES), "--suite", suite, "--timeout", "6")
    assert (done.verdict, done.returncode) == (verdict, 1), done.explain()
    assert check in done.checks, done.explain()
    assert done.run["findings"][0]["verdict"] == verdict, "the worst finding stands first"
    if suite in SEEN:
        page = "\n".join(done.run["autopsy"])
        assert re.search(SEEN[suite], page) and bool(page) is bool(SEEN[suite]), done.explain()


def test_green_suites_before_do_not_hide_a_red_one(boot: Boot, green: Done) -> None:
    done = boot("--kmod", str(RED_SUITES), "--suite", "create", "--suite", "orch_red_panic")
    assert done.verdict == "crash", done.explain()


# Patch of tests/patches → verdict, exit code.
BROKEN = {
    "does-not-apply.patch": ("patch-broken", "kernel/kthread.c"),
    "does-not-compile.patch": ("build-broken", "error:"),
    "export-removed.patch": ("build-broken", "kthread_create_on_node"),
    "node-ignored.patch": ("fail", "orch_placement"),
    "flag-lost.patch": ("fail", "clone flags"),
}


@pytest.mark.parametrize("patch", BROKEN)
def test_broken_patch(boot: Boot, green: Done, patch: str) -> None:
    verdict, said = BROKEN[patch]
    done = boot("--patch", str(PATCHES / patch))
    assert (done.verdict, done.returncode) == (verdict, 1), done.explain()
    assert said in done.stdout, done.explain()


def test_patch_that_changes_nothing_is_green(boot: Boot, green: Done) -> None:
    done = boot("--patch", str(PATCHES / "rename-only.patch"))
    assert (done.verdict, done.returncode) == ("pass", 0), done.explain()


def _started(run_dir: Path, *args: str) -> subprocess.Popen[bytes]:
    """A run that hangs in the guest for as long as it may."""
    return subprocess.Popen(
        [*COMMAND, "boot", "--config", "numa", "--kmod", str(RED_SUITES), "--suite",
         "orch_red_hang", "--run-dir", str(run_dir), *args],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _wait_for_suite(run: subprocess.Popen[bytes], run_dir: Path) -> int:
    """The pid of its QEMU, once the guest runs the suite."""
    for _ in range(600):
        results = run_dir / "results.log"
        if results.is_file() and "suite-begin" in results.read_text(errors="replace"):
            return qemu_children(run.pid)[0]
        time.sleep(0.1)
    raise AssertionError("the suite never started")


def test_killed_qemu_is_infrastructure(green: Done, tmp_path: Path) -> None:
    run = _started(tmp_path)
    os.kill(_wait_for_suite(run, tmp_path), signal.SIGKILL)
    out, _ = run.communicate(timeout=60)
    assert run.returncode == 3, out.decode()
    assert b"QEMU ended without a shutdown" in out


def test_killed_orchestrate_takes_qemu_along(green: Done, tmp_path: Path) -> None:
    run = _started(tmp_path)
    qemu = _wait_for_suite(run, tmp_path)
    run.kill()
    run.communicate(timeout=60)
    for _ in range(50):
        if not alive(qemu):
            return
        time.sleep(0.1)
    raise AssertionError("QEMU outlived orchestrate")


def test_ctrl_c_on_a_terminal_leaves_nothing(green: Done, tmp_path: Path) -> None:
    command = [*COMMAND, "boot", "--config", "numa", "--kmod", str(RED_SUITES)]
    command += ["--suite", "orch_red_hang", "--run-dir", str(tmp_path)]
    with_terminal = pexpect.spawn(command[0], command[1:], timeout=120, encoding="utf-8")
    with_terminal.expect("numa4 on ")
    for _ in range(300):
        if qemu_children(with_terminal.pid):
            break
        time.sleep(0.1)
    qemu = qemu_children(with_terminal.pid)[0]
    with_terminal.sendintr()
    with_terminal.expect("interrupted")
    with_terminal.expect(pexpect.EOF)
    with_terminal.close()
    assert with_terminal.exitstatus == 130
    assert not alive(qemu)


def test_machine_of_another_shape_is_ours_to_answer_for(green: Done, tmp_path: Path) -> None:
    """The same guest on nodes it was not told of: replayed by hand, then judged."""
    for source in green.run_dir.iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    plan = (tmp_path / "plan.json").read_text()
    (tmp_path / "plan.json").write_text(plan.replace('"mem_mib": 128', '"mem_mib": 512', 1))
    done = subprocess.run(
        [*COMMAND, "judge", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 3, done.stdout
    assert re.search(r"not the machine asked for: node 0 has \d+ MiB", done.stdout)


def test_qemu_that_does_not_start_is_infrastructure(
    boot: Boot, green: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A QEMU that knows no -machine pc: here, one that ends at once."""
    fake = tmp_path / "qemu-system-x86_64"
    fake.write_text("#!/bin/sh\necho 'unsupported machine type' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("ORCHESTRATE_QEMU", raising=False)  # which goes before PATH
    done = boot("--accel", "tcg")
    assert (done.verdict, done.returncode) == ("infrastructure", 3), done.explain()
    assert "unsupported machine type" in done.stdout

# SPDX-License-Identifier: GPL-2.0-only
"""The same suites on an arm64 guest, green and red; a kernel of its own, hence slow."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from running import COMMAND, PATCHES, RED_SUITES, Boot, Done, boots_by_hand

from orchestrator.model.arch import ARM64
from orchestrator.model.toolchain import Toolchain

GCC_ARM64 = Toolchain(ARM64).tool("gcc")
_MISSING = [name for name in (ARM64.qemu, GCC_ARM64) if not shutil.which(name)]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(_MISSING), reason=f"{' and '.join(_MISSING)} missing: ./bootstrap --setup --arch arm64"
    ),
]
TOPOLOGIES = ("numa1", "numa2", "numa8", "uneven", "memoryless", "cpuless", "distances")
# Suite of tests/kmod-red → verdict, a check with a part in it, and what is said of where.
RED = {
    "orch_red_fail": ("fail", "ktap", ""),
    "orch_red_warn": ("fail", "splats", "WARNING in red"),
    "orch_red_oops": ("crash", "splats", "NULL pointer dereference in read_null"),
    "orch_red_panic": ("crash", "splats", "panic"),
    "orch_red_restart": ("crash", "ending", ""),
    "orch_red_hang": ("hang", "ending", "red"),
    "orch_red_spin": ("hang", "ending", ""),
    "orch_red_poweroff": ("incomplete", "ending", ""),
    "orch_red_skip": ("skip", "ktap", ""),
}
# What must be in the page of what was seen before the guest went.
SEEN = {
    "orch_red_spin": r"CPU \d: red\+0x\S+ \[orch_red_spin_test\] .* interrupts off in 5 of 5",
    "orch_red_hang": r"wait_for_completion < red \[orch_red_hang_test\]",
    "orch_red_panic": r"\[orch_red_panic_test\]",
}


def skipped(tests: list[dict[str, Any]]) -> set[str]:
    found = {test["name"] for test in tests if test["result"] == "skipped"}
    return found.union(*(skipped(test["children"]) for test in tests))


@pytest.fixture(scope="module")
def arm(boot: Boot) -> Callable[..., Done]:
    return lambda *args: boot("--arch", "arm64", *args)


@pytest.fixture(scope="module")
def green_arm(arm: Boot) -> Done:
    return arm()


def test_all_suites_are_green(green_arm: Done) -> None:
    assert (green_arm.returncode, green_arm.verdict) == (0, "pass"), green_arm.explain()
    assert green_arm.run["arch"] == "arm64" and "arm64" in green_arm.stdout
    assert "CONFIG_ARM64=y" in (green_arm.run_dir / "kernel.config").read_text()
    assert [name for name, _ in green_arm.run["tools"]][:2] == [ARM64.qemu, GCC_ARM64]
    idle = {suite["name"] for suite in green_arm.run["suites"] if not suite["counts"]["passed"]}
    # The one needs the fragment faults, the other a machine with parts that come later.
    assert idle <= {"orch_faults", "orch_plug"}, green_arm.explain()


def test_as_many_cases_pass_as_on_x86_64(green: Done, green_arm: Done) -> None:
    """What one of them skips, the other does."""
    assert skipped(green.run["tests"]) == skipped(green_arm.run["tests"])


@pytest.mark.parametrize("name", TOPOLOGIES)
def test_topology_is_green(arm: Boot, green_arm: Done, name: str) -> None:
    done = arm("--topology", name)
    assert (done.returncode, done.verdict) == (0, "pass"), done.explain()
    asked = done.run["plan"]["topology"]["nodes"]
    assert [node["cpus"] for node in done.run["guest_nodes"]] == [node["cpus"] for node in asked]


def test_a_run_goes_on_from_a_kept_state_or_boots(arm: Boot, green_arm: Done) -> None:
    kept = arm("--suite", "create")
    cold = arm("--suite", "create", "--cold")
    assert [done.verdict for done in (kept, cold)] == ["pass", "pass"], kept.explain()
    assert [done.run["outcome"]["forked"] for done in (kept, cold)] == [True, False]


@pytest.mark.parametrize("suite", RED)
def test_red_suite(arm: Boot, green_arm: Done, suite: str) -> None:
    verdict, check, said = RED[suite]
    words = ("--kmod", str(RED_SUITES), "--suite", suite, "--timeout", "6")
    done = arm(*words)
    if verdict == "hang" and done.verdict == "infrastructure":
        done = arm(*words)
        if done.verdict == "infrastructure":
            pytest.skip("the host had no time for the guest: what it did not do is nobody's fault")
    assert (done.verdict, done.returncode) == (verdict, 1), done.explain()
    assert check in done.checks and said in done.stdout, done.explain()
    page = "\n".join(done.run["autopsy"])
    assert re.search(SEEN.get(suite, ""), page), done.explain()


@pytest.mark.parametrize(("patch", "verdict", "said"), [
    ("node-ignored.patch", "fail", "orch_placement"),
    ("rename-only.patch", "pass", ""),
    ("does-not-compile.patch", "build-broken", "error:"),
])  # fmt: skip
def test_patch(arm: Boot, green_arm: Done, patch: str, verdict: str, said: str) -> None:
    done = arm("--patch", str(PATCHES / patch))
    assert done.verdict == verdict and said in done.stdout, done.explain()


def test_replay_script_boots_the_same_machine(green_arm: Done) -> None:
    boots_by_hand(green_arm, 300)


def test_a_command_in_the_guest(arm: Boot, green_arm: Done) -> None:
    done = arm("--", "uname", "-m")
    assert (done.returncode, done.stdout) == (0, "aarch64\n"), done.explain()


def test_debuggers_that_are_not_there_say_so(green_arm: Done) -> None:
    argv = [*COMMAND, "gdb", str(green_arm.run_dir), "--batch", "-ex", "bt"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "no arm64 guests" in done.stderr, done.stderr
    refused = [*COMMAND, "shell", "--arch", "arm64", "--config", "numa", "--rootfs", "debian"]
    done = subprocess.run(refused, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "x86_64 guests alone" in done.stderr, done.stderr

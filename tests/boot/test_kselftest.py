# SPDX-License-Identifier: GPL-2.0-only
"""kselftest's programs in a real guest: the kernel's own, and planted ones that go wrong in each
way. Their kernel and their guest serve nothing else, hence slow: minutes, once."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from running import COMMAND, PATCHES, Boot, Done

pytestmark = pytest.mark.slow

# orch_good is always among them, since its config makes the kernel that all of them share.
PLANTED = (
    "--topology", "numa2", "--patch", str(PATCHES / "selftests-planted.patch"),
    "--kselftest", "orch_good",
)  # fmt: skip


@pytest.fixture(scope="module")
def bad(boot: Boot) -> Done:
    return boot(*PLANTED, "--kselftest", "orch_bad", "--kselftest", "orch_hangs")


def results(done: Done, target: str) -> dict[str, Any]:
    (suite,) = [test for test in done.run["tests"] if test["name"] == target]
    return {test["name"]: test for test in suite["children"]}


def words(done: Done, target: str) -> dict[str, str]:
    return {name: test["result"] for name, test in results(done, target).items()}


def test_green_with_what_was_skipped(boot: Boot) -> None:
    done = boot(*PLANTED)
    assert (done.verdict, done.returncode) == ("pass", 0), done.explain()
    found = results(done, "orch_good")
    assert words(done, "orch_good") == {
        "counted": "passed",
        "passes.sh": "passed",
        "skips.sh": "skipped",
    }
    assert [test["name"] for test in found["counted"]["children"]] == ["first", "second", "third"]
    assert found["skips.sh"]["directive"] == "no such device"
    assert "CONFIG_ORCH_LONG_GONE=y (tools/testing/selftests/orch_good/config:2)" in done.stderr
    assert "orch_good/config:3: not a Kconfig line" in done.stderr
    again = subprocess.run(
        [*COMMAND, "judge", str(done.run_dir)], capture_output=True, timeout=60, check=False
    )
    assert again.returncode == 0, again


def test_each_goes_wrong_in_its_own_way(bad: Done) -> None:
    assert (bad.verdict, bad.returncode) == ("fail", 1), bad.explain()
    assert set(words(bad, "orch_good").values()) == {"passed", "skipped"}
    assert words(bad, "orch_bad") == {
        "one_fails": "failed",
        "crashes": "failed",
        "fails.sh": "failed",
        "lies.sh": "failed",
        "short.sh": "passed",  # and yet no green: see below
        "cut.sh": "crashed",
        "after.sh": "passed",
    }
    damage = [one["title"] for one in bad.run["findings"] if "damaged" in one["title"]]
    assert any("short.sh: 2 of 3 planned tests in it never came" in title for title in damage)
    assert any("lies.sh: ok, though a test in it failed" in title for title in damage)
    assert results(bad, "orch_bad")["crashes"]["diagnostics"][0] == "exit=139"


def test_what_does_not_end_is_ended(bad: Done) -> None:
    assert words(bad, "orch_hangs") == {
        "sleeps.sh": "failed",
        "stubborn.sh": "crashed",
        "leaves.sh": "crashed",
    }
    assert results(bad, "orch_hangs")["sleeps.sh"]["diagnostics"][0].startswith("TIMEOUT")
    assert bad.run["outcome"]["ending"] == "power-off"


def test_no_report_is_green(bad: Done) -> None:
    junit = ElementTree.parse(bad.run_dir / "junit.xml").getroot()
    assert int(junit.get("failures", 0)) >= 5 and int(junit.get("errors", 0)) >= 3
    ktap = (bad.run_dir / "ktap.log").read_text()
    assert "not ok 3 orch_hangs" in ktap or "not ok 1 orch_hangs" in ktap


def test_a_log_that_is_cut_is_judged_anew(bad: Done) -> None:
    """What is judged are the files: without the end of one, nothing of it is believed."""
    output = bad.run_dir / "output.log"
    whole = output.read_bytes()
    try:
        output.write_bytes(whole[: whole.index(b"end orch_bad:after.sh")])
        again = subprocess.run(
            [*COMMAND, "judge", str(bad.run_dir)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        output.write_bytes(whole)
    assert again.returncode == 1 and "ends before its end marker" in again.stdout, again


def test_a_warning_meanwhile_is_the_kernels(boot: Boot) -> None:
    done = boot(*PLANTED, "--kselftest", "orch_warns")
    assert (done.verdict, done.returncode) == ("fail", 1), done.explain()
    assert words(done, "orch_warns") == {"umask.sh": "passed"}
    (finding,) = done.run["findings"]
    assert (finding["check"], finding["fault"]) == ("splats", "kernel")
    assert "umask" in finding["title"]


@pytest.mark.parametrize(
    ("target", "verdict", "code", "said"),
    [
        ("orch_lacks", "infrastructure", 3, "orch/no-such-library.h: No such file"),
        ("orch_broken", "build-broken", 1, "'planted' undeclared"),
    ],
)
def test_what_cannot_be_built(target: str, verdict: str, code: int, said: str, boot: Boot) -> None:
    done = boot(*PLANTED, "--kselftest", target)
    assert (done.verdict, done.returncode) == (verdict, code), done.explain()
    assert said in done.run["findings"][0]["title"]


def test_no_such_target(boot: Boot) -> None:
    done = boot(*PLANTED, "--kselftest", "orch_goood")
    assert done.returncode == 2 and not done.run, done.explain()
    assert "did you mean orch_good" in done.stderr


def test_the_kernels_own(boot: Boot, tmp_path: Path) -> None:
    page = tmp_path / "run.html"
    targets = ("--kselftest", "kcmp", "--kselftest", "pid_namespace")
    done = boot("--topology", "numa2", *targets, "--html", str(page))
    assert (done.verdict, done.returncode) == ("pass", 0), done.explain()
    # Its three have no line each: kselftest.h's totals count them.
    assert words(done, "kcmp") == {"kcmp_test": "passed"}
    assert results(done, "pid_namespace")["regression_enomem"]["children"]
    assert "kcmp_test" in page.read_text()

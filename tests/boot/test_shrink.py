# SPDX-License-Identifier: GPL-2.0-only
"""Planted bugs of machines: the condition is found, said, and seen again."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from running import COMMAND, PATCHES, Boot, Done, alive, qemu_children

TRIES = 4  # where the host may be busy
CASE = "orch_create.stop_returns_result"
SUITE = """\
// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/module.h>

static void never(struct kunit *test)
{{
	KUNIT_EXPECT_EQ(test, 1, {value});
}}

static struct kunit_case cases[] = {{ KUNIT_CASE(never), {{}} }};
static struct kunit_suite suite = {{ .name = "gone", .test_cases = cases }};
kunit_test_suite(suite);
MODULE_DESCRIPTION("fails as long as it is told to");
MODULE_LICENSE("GPL");
"""


class Shrink:
    """`orchestrate shrink` of one run, with a journal of its own."""

    def __init__(self, run: Path, folder: Path) -> None:
        self.folder = folder / "shrunk"
        self.told = folder / "told.json"
        self.words = [
            *COMMAND, "shrink", str(run), "--run-dir", str(self.folder), "--json", str(self.told),
        ]  # fmt: skip
        self.env = {**os.environ, "ORCHESTRATE_RUNS": str(folder / "state")}

    def __call__(self, *args: str, code: int = 0) -> dict[str, Any]:
        done = subprocess.run(
            [*self.words, *args], env=self.env, capture_output=True, text=True, timeout=900,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        print(done.stdout)
        result: dict[str, Any] = json.loads(self.told.read_text())
        assert result == json.loads((self.folder / "shrink.json").read_text())
        assert result["said"] in done.stdout and result["exit_code"] == code
        return result

    def interrupted(self, after: str) -> None:
        """Ctrl-C once this was said, while a guest runs."""
        with subprocess.Popen(
            self.words, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as running:
            assert running.stderr
            seen = next((line for line in running.stderr if after in line), "")
            assert seen, "it never got so far"
            next(line for line in running.stderr if "boot:" in line)
            guests = qemu_children(running.pid)
            running.send_signal(signal.SIGINT)
            running.stderr.read()
            assert running.wait(60) == 130
        assert not any(alive(guest) for guest in guests)


def again(result: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """The run that its command makes."""
    words = shlex.split(result["command"])
    assert words[:2] == ["orchestrate", "boot"]
    document: dict[str, Any] = {}
    for number in range(TRIES):
        folder = tmp_path / f"again-{number}"
        subprocess.run(
            [*COMMAND, *words[1:], "--run-dir", str(folder)], capture_output=True, timeout=300,
            check=False,
        )  # fmt: skip
        document = json.loads((folder / "run.json").read_text())
        if document["verdict"] != "infrastructure":
            break
    return document


def failed(boot: Boot, *args: str) -> Done:
    """A run that failed, unless the host is too busy each time to say so."""
    runs = (boot(*args) for _ in range(TRIES))
    red = next((run for run in runs if run.verdict != "infrastructure"), None)
    assert red and red.verdict == "fail", red and red.explain()
    return red


def known(result: dict[str, Any]) -> int:
    """Runs that said something: a busy host makes some of no use, and these are made again."""
    return sum(trial["outcome"] != "unknown" for trial in result["trials"])


def test_it_fails_iff_a_node_has_no_memory(boot: Boot, tmp_path: Path) -> None:
    red = failed(
        boot, "--topology", "memoryless",
        "--suite", "create", "--suite", "park",
        "--patch", str(PATCHES / "lost-without-memory.patch"),
    )  # fmt: skip
    shrink = Shrink(red.run_dir, tmp_path)
    shrink.words += ["--finding", CASE]
    shrink.interrupted(after="smaller: ")
    result = shrink()
    assert result["said"] == f"with numa, {CASE} fails iff node 1 has no memory"
    assert result["iff"] and result["resumed"] >= 1
    nodes = result["smallest"]["topology"]["nodes"]
    assert [(node["cpus"], node["mem_mib"]) for node in nodes] == [([0], 192), ([1], 0)]
    assert not result["smallest"]["topology"]["distances"]
    assert (result["smallest"]["suites"], result["smallest"]["case"]) == (
        ["orch_create"], "stop_returns_result",
    )  # fmt: skip
    answers = {each["change"]: each["answer"] for each in result["neighbours"]}
    assert answers["node 1 gets memory"] == "passes"
    assert answers["without the fragment numa"] in ("untried", "passes")

    run = again(result, tmp_path)
    # Infrastructure only where the host had no time for it, which the finding says.
    (seen,) = run["findings"]
    assert run["verdict"] == ("infrastructure" if seen["host"] else "fail")
    assert [finding["signature"] for finding in run["findings"]] == [result["target"]["signature"]]
    replayed = subprocess.run(
        [result["replay"]], capture_output=True, text=True, timeout=120, check=False
    )
    assert "not ok 1 stop_returns_result" in replayed.stdout, replayed.stderr


def test_it_fails_iff_there_are_three_cpus(boot: Boot, tmp_path: Path) -> None:
    """Of four nodes with a CPU each: the nodes are none of it, nor is a fragment that asks for what
    the other one asks for. First stopped, then gone on with."""
    fragment = tmp_path / "twice.config"
    fragment.write_text("CONFIG_NUMA=y\n")
    red = failed(boot, "--config", f"numa,{fragment}", "--case", "create.stop_returns_result",
               "--patch", str(PATCHES / "lost-on-three-cpus.patch"))  # fmt: skip
    shrink = Shrink(red.run_dir, tmp_path)
    stopped = shrink("--runs", "5", code=1)
    assert stopped["ended"] == "runs" and not stopped["iff"] and stopped["run_count"] == 5
    result = shrink()
    assert result["said"] == f"with numa, {CASE} fails iff there are at least 3 CPUs"
    assert result["iff"]
    assert result["resumed"] == known(stopped)
    (node,) = result["smallest"]["topology"]["nodes"]
    assert (node["cpus"], node["mem_mib"]) == ([0, 1, 2], 192)
    assert result["smallest"]["config"] == ["numa"]


def test_a_green_run_is_wrong_usage(green: Done, tmp_path: Path) -> None:
    shrink = Shrink(green.run_dir, tmp_path)
    done = subprocess.run(
        shrink.words, env=shrink.env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2 and "this run passed: there is nothing to shrink" in done.stderr
    assert f"orchestrate why {green.run_dir}" in done.stderr
    assert not shrink.folder.exists() and not shrink.told.exists()


def test_a_failure_that_never_comes_again_is_not_green(boot: Boot, tmp_path: Path) -> None:
    """The suite was mended since."""
    suites = tmp_path / "suites"
    suites.mkdir()
    (suites / "gone_test.c").write_text(SUITE.format(value=2))
    red = failed(boot, "--kmod", str(suites), "--suite", "gone")
    (suites / "gone_test.c").write_text(SUITE.format(value=1))
    result = Shrink(red.run_dir, tmp_path)("--start-runs", "2", code=3)
    assert result["ended"] == "never-again" and not result["iff"]
    assert result["said"] == "the failure did not come again in 2 runs: nothing is known"
    assert any("the module is not the run's" in note for note in result["notes"])


@pytest.mark.slow
def test_a_flaky_failure_is_shrunk_as_well(boot: Boot, tmp_path: Path) -> None:
    """It comes in every other boot, if there are two nodes or more."""
    patch = str(PATCHES / "lost-sometimes.patch")
    runs = (boot("--cold", "--case", "create.stop_returns_result", "--patch", patch)
            for _ in range(20))  # fmt: skip
    red = next(run for run in runs if run.verdict == "fail")
    result = Shrink(red.run_dir, tmp_path)()
    assert result["said"] == f"with numa, {CASE} fails iff there are at least 2 nodes"
    assert result["seen"]["same"] >= 3 and result["passes_needed"] > 3

# SPDX-License-Identifier: GPL-2.0-only
"""Commits of a kernel's git tree: the one that broke it is named, flaky or not."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from kernel_git import FILE, kernel_repository
from running import COMMAND, Done

from orchestrator.edge.store import Store, cache_root

NODE = "create->node = node;"
STRUCT = "\nstruct kthread_create_info\n"
# One boot of two, decided when the first thread is made: from then on no thread gets its node.
SOMETIMES = "create->node = orch_forgets() ? NUMA_NO_NODE : node;"
DICE = """
#include <linux/timex.h>
static bool orch_forgets(void)
{
	static int dice;

	if (!dice)
		dice = 1 + (hash_64(random_get_entropy(), 16) & 1);
	return dice == 2;
}
"""


def with_function(text: str, number: int) -> str:
    """Code that nobody calls: another kernel, which behaves the same."""
    name = f"orch_step_{number}"
    return f"{text}\nint {name}(void);\nint {name}(void)\n{{\n\treturn {number};\n}}\n"


def planted(text: str, fault: str) -> list[tuple[str, str]]:
    """Eight commits: a fault in the sixth, which does not build in the fourth, and comments."""
    one = with_function(text, 1)
    comment = one + "/* a remark */\n"
    two = with_function(comment, 2)
    broken = two + "int orch_broken(void) { return nothing; }\n"
    three = with_function(two, 3)
    bad = three.replace(NODE, fault, 1)
    if fault == SOMETIMES:
        bad = bad.replace(STRUCT, f"{DICE}{STRUCT}", 1)
        assert DICE in bad
    remark = bad + "/* another remark */\n"
    return [
        ("kthread: one", one),
        ("kthread: a remark", comment),
        ("kthread: two", two),
        ("kthread: does not build", broken),
        ("kthread: builds again", three),
        ("kthread: the fault", bad),
        ("kthread: another remark", remark),
        ("kthread: four", with_function(remark, 4)),
    ]


@pytest.fixture(scope="session")
def tree(green: Done) -> Path:
    """The one that the green run was made from."""
    keys = dict(green.run["keys"])
    return Store(cache_root()).folder("trees") / str(keys["tree"])


def bisect(repository: Path, commits: list[str], tmp_path: Path, *args: str) -> dict[str, Any]:
    told = tmp_path / "bisect.json"
    done = subprocess.run(
        [*COMMAND, "bisect", "--config", "numa", "--tree", str(repository), "--good", commits[0],
         "--bad", "main", "--suite", "placement", "--json", str(told), "--run-dir",
         str(tmp_path / "runs"), *args],
        env={**os.environ, "ORCHESTRATE_RUNS": str(tmp_path / "state")},
        capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert told.is_file(), done.stdout + done.stderr
    result: dict[str, Any] = json.loads(told.read_text())
    assert done.returncode == result["exit_code"], done.stdout + done.stderr
    print(done.stdout)
    return result


def files(repository: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in repository.rglob("*") if path.is_file()}


@pytest.mark.parametrize("fault", ["create->node = NUMA_NO_NODE;", SOMETIMES])
def test_the_commit_is_named(tree: Path, tmp_path: Path, fault: str) -> None:
    text = (tree / FILE).read_text()
    assert NODE in text
    commits = kernel_repository(tmp_path / "git", tree, planted(text, fault))
    before = files(tmp_path / "git")
    result = bisect(tmp_path / "git", commits, tmp_path)
    (suspect,) = result["suspects"]
    assert (result["word"], suspect["name"]) == ("found", commits[6]), result
    assert suspect["title"] == "kthread: the fault" and result["sure"] >= 0.95
    assert all(bool(each["identity"]) != (each["node"] == 4) for each in result["builds"])
    (after,), (parent,) = result["after"], result["before"]
    assert after["bad"] and not parent["bad"]
    assert all((Path(trial["run_dir"]) / "run.json").is_file() for trial in result["trials"])
    if fault == SOMETIMES:
        assert 0.15 < result["rate"] < 0.85
        assert any(trial["outcome"] == "good" and trial["node"] >= 6 for trial in result["trials"])
    assert files(tmp_path / "git") == before


def test_a_comment_is_the_same_kernel(tree: Path, tmp_path: Path) -> None:
    """No run at all."""
    text = with_function((tree / FILE).read_text(), 1)
    commits = kernel_repository(
        tmp_path / "git", tree, [("code", text), ("a remark", text + "/* a remark */\n")]
    )
    result = bisect(tmp_path / "git", commits[1:], tmp_path)
    assert result["word"] == "same-kernel" and result["exit_code"] == 2
    assert result["run_count"] == 0

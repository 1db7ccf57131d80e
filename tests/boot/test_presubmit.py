# SPDX-License-Identifier: GPL-2.0-only
"""Commits of a kernel before they are sent: each fault shows in its column, a clean range is green.

The work tree is a sparse checkout: of 90,000 files nobody needs to be there.
"""

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

SIGNED = "\n\nSay why.\n\nSigned-off-by: A Tester <t@invalid>\n"
NODE = "create->node = node;"
SET_ONLY = """
int orch_warned(void);
int orch_warned(void)
{
	int set_only;

	set_only = 3;
	return 1;
}
"""


def with_function(text: str, name: str) -> str:
    return f"{text}\nint {name}(void);\nint {name}(void)\n{{\n\treturn 1;\n}}\n"


@pytest.fixture(scope="session")
def tree(green: Done) -> Path:
    """The one that the green run was made from."""
    keys = dict(green.run["keys"])
    return Store(cache_root()).folder("trees") / str(keys["tree"])


def work_tree(folder: Path, bare: Path) -> Path:
    """A checkout of main with the files that matter, others left out."""

    def git(*args: str) -> None:
        subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True)

    folder.mkdir()
    git("clone", "--quiet", "--shared", "--no-checkout", "--branch=main", str(bare), ".")
    git("sparse-checkout", "set", "--no-cone", "/Makefile", "/Kbuild", f"/{FILE}")
    git("checkout", "--quiet", "main")
    return folder


def presubmit(tree: Path, commits: str, folder: Path, *args: str) -> tuple[dict[str, Any], str]:
    """(presubmit.json, what was printed)."""
    told = folder / "presubmit.json"
    done = subprocess.run(
        [*COMMAND, "presubmit", "--tree", str(tree), commits, "--quick", "--json", str(told),
         *args],
        env={**os.environ, "ORCHESTRATE_RUNS": str(folder / "runs")},
        capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip
    assert told.is_file(), done.stdout + done.stderr
    result: dict[str, Any] = json.loads(told.read_text())
    assert done.returncode == result["exit_code"], done.stdout + done.stderr
    print(done.stdout)
    return result, done.stdout + done.stderr


def verdicts(result: dict[str, Any], check: str) -> list[str | None]:
    return [step["marks"][check]["verdict"] for step in result["steps"]]


def state(tree: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in tree.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_each_fault_shows(tree: Path, tmp_path: Path) -> None:
    """A good commit, one that does not build, one that warns, the bug; and a dirty tree."""
    text = (tree / FILE).read_text()
    good = with_function(text, "orch_good")
    broken = good + "int orch_broken(void) { return nothing; }\n"
    warns = good + SET_ONLY
    bug = warns.replace(NODE, "create->node = NUMA_NO_NODE;", 1)
    assert bug != warns
    history = [
        (f"kthread: good{SIGNED}", good),
        (f"kthread: does not build{SIGNED}", broken),
        (f"kthread: warns{SIGNED}", warns),
        ("kthread: the bug\n\nNot signed.", bug),
    ]
    commits = kernel_repository(tmp_path / "git", tree, history)
    mine = work_tree(tmp_path / "mine", tmp_path / "git")
    (mine / FILE).write_text(warns + "int orch_style = 0 ;\n")  # the bug is undone
    (mine / "untracked.c").write_text("int untracked;\n")
    before = state(mine)
    result, _ = presubmit(mine, f"{commits[0]}..main", tmp_path, "--suite", "placement")
    assert state(mine) == before
    assert verdicts(result, "checkpatch") == ["pass", "pass", "pass", "fail", "fail"]
    assert verdicts(result, "build") == ["pass", "build-broken", "pass", "pass", "pass"]
    assert verdicts(result, "warnings") == ["pass", None, "fail", "pass", "pass"]
    boots = verdicts(result, "boot")
    found = result["steps"][3]["marks"]["boot"]
    assert boots[:3] == ["pass", None, "pass"] and boots[4] == "pass"
    assert found["said"].startswith("orch_placement.thread_memory")
    # On a host that hardly runs the machine, failed cases are the host's: no fault, and not green.
    starved = "the machine had" in found["said"]
    assert boots[3] == ("infrastructure" if starved else "fail")
    assert [step["sort"] for step in result["steps"]] == ["commit"] * 4 + ["working tree"]
    assert (result["verdict"], result["exit_code"]) == ("build-broken", 1)
    assert "set_only" in result["steps"][2]["marks"]["warnings"]["lines"][0]["text"]
    assert "MISSING_SIGN_OFF" in str(result["steps"][3]["marks"]["checkpatch"]["lines"])
    assert result["at_base"]["verdict"] == "pass"
    assert "patches 1 and 3 of 4 boot" in result["paragraph"]
    assert result["steps"][4]["files"] == [FILE]
    red = Path(result["steps"][3]["marks"]["boot"]["run_dir"])
    assert (red / "run.json").is_file() and (red / "replay.sh").is_file()


def test_a_clean_range_is_green_and_proven_once(tree: Path, tmp_path: Path) -> None:
    one = with_function((tree / FILE).read_text(), "orch_good")
    remark = one + "/* a remark */\n"
    history = [(f"kthread: one{SIGNED}", one), (f"kthread: a remark{SIGNED}", remark)]
    commits = kernel_repository(tmp_path / "git", tree, history)
    result, said = presubmit(tmp_path / "git", f"{commits[0]}..main", tmp_path)
    assert (result["verdict"], result["exit_code"]) == ("pass", 0), said
    for check in ("checkpatch", "build", "warnings", "boot"):
        assert verdicts(result, check) == ["pass", "pass"]
    assert "same kernel as 2" in result["steps"][0]["marks"]["boot"]["said"]
    assert not result["whole"] and "4 were not" in said  # --quick
    assert "each patch builds without new warnings (W=1" in result["paragraph"]
    assert "each patch boots on numa4 (numa)" in result["paragraph"]
    again, said = presubmit(tmp_path / "git", f"{commits[0]}..main", tmp_path)
    assert again["verdict"] == "pass" and again["steps"][1]["marks"]["boot"]["before"], said
    short, said = presubmit(tmp_path / "git", f"{commits[0]}..main", tmp_path, "--budget", "1s")
    assert None in verdicts(short, "checkpatch") and verdicts(short, "warnings") == [None, None]
    assert not short["whole"] and "not checked: time: " in said
    # What was proven before still is, and nothing else.
    claimed = " ".join(short["paragraph"].split())
    assert "warnings" not in claimed and "and has no checkpatch errors" not in claimed

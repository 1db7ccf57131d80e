# SPDX-License-Identifier: GPL-2.0-only
"""The pytest plugin as a project of a user's has it: its own process, its own modules."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RED = "test_red_"


@dataclass(frozen=True)
class Ended:
    """What the inner pytest said. runs: the folder of its run directories."""

    text: str
    status: int
    runs: Path

    def outcome(self, test: str) -> str:
        found = re.search(rf"::{re.escape(test)} (\w+)", self.text)
        return found[1] if found else ""

    def about(self, test: str) -> str:
        """Its part of the failures."""
        _, _, rest = self.text.partition(f"_ {test} _")
        return re.split(r"^_{3,} |^={3,} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def loaded() -> list[str]:
    """What has pytest load the plugin: nothing where it is installed."""
    known = importlib.metadata.entry_points(group="pytest11")
    return [] if "orchestrate" in known.names else ["-p", "orchestrator.testing.plugin"]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    project = tmp_path_factory.mktemp("project")
    for file in (HERE / "plugin").iterdir():
        if file.is_file():
            shutil.copy(file, project / file.name)
    (project / "project.py").rename(project / "test_project.py")
    runs = project / "runs"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *loaded(), "-v", "-n", "2",
         "-p", "no:cacheprovider", "test_project.py"],
        cwd=project, capture_output=True, text=True, check=False, timeout=900,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1]), "ORCHESTRATE_RUNS": str(runs)},
    )  # fmt: skip
    # With xdist a line of progress reads "[gw0] [ 10%] PASSED test_project.py::test_x".
    text = re.sub(r"^\[gw\d+\] \[ *\d+%\] (\w+) (\S+)", r"\2 \1", done.stdout, flags=re.MULTILINE)
    return Ended(text, done.returncode, runs)


@pytest.mark.parametrize(
    "test",
    [
        "test_commands",
        "test_a_thread_on_its_node[numa2]",
        "test_a_thread_on_its_node[numa4]",
        "test_what_is_expected_is_no_failure",
        "test_each_guest_is_fresh",
        "test_two_guests",
    ],
)
def test_green(ended: Ended, test: str) -> None:
    assert ended.outcome(test) == "PASSED", ended.text


@pytest.mark.parametrize(
    ("test", "outcome", "said"),
    [
        ("warning", "FAILED", r"fail, the kernel's fault: WARNING in hello_init"),
        ("expected_and_not_seen", "FAILED", r"expected, and never seen: WARNING in nothing"),
        ("itself", "FAILED", r"the kernel said"),
        ("one_of_two_guests", "FAILED", r"(?m)^fail, the kernel's fault: WARNING in hello_init"),
        ("no_such_thread", "FAILED", r"0 kernel threads hello/\*, not one; there is:\n.* \(pid"),
        ("no_such_event", "FAILED", r"0 events sched_process_fork child_comm=nobody/\*, not one"),
        ("placement", "FAILED", r"assert 1 == 3\n.* Kthread\(pid=\d+, name='hello/1'"),
        ("panic", "FAILED", r"crash, the kernel's fault: kernel panic: asked for"),
        ("no_answer", "FAILED", r"sleep 100: no answer within 2 s"),
        ("build", "FAILED", r"no_such_function"),
        ("topology", "ERROR", r"nosuch"),
    ],
)
def test_red(ended: Ended, test: str, outcome: str, said: str) -> None:
    assert ended.outcome(RED + test) == outcome, ended.text
    head = f"ERROR at setup of {RED}{test}" if outcome == "ERROR" else RED + test
    assert re.search(said, ended.about(head)), ended.text


def test_it_ends_red_and_only_red_runs_stay(ended: Ended) -> None:
    assert ended.status == 1
    kept = [path for path in ended.runs.iterdir() if path.name != "latest"]
    assert len(kept) == 10, ended.text  # of two guests one

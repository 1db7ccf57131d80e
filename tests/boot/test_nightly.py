# SPDX-License-Identifier: GPL-2.0-only
"""A night of real kernels and machines, as a user runs it: verdicts, folders, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running import COMMAND, PATCHES, Done, alive, qemu_children

MATRIX = f"""\
name = "small"
trees = ["default"]
configs = ["numa"]
topologies = ["numa2", "numa4"]
suites = ["placement"]

[patches]
bug = "{PATCHES}/node-ignored.patch"
broken = "{PATCHES}/does-not-compile.patch"

[[exclude]]
patch = ["bug", "broken"]
topology = "numa2"

[tiers.green]
patch = ""
"""


@dataclass(frozen=True)
class Ran:
    """One command. night: night.json, {} if there is none."""

    code: int
    out: str
    err: str
    night: dict[str, Any]

    def cells(self) -> dict[str, dict[str, Any]]:
        """By patch and topology."""
        return {
            f"{each['cell']['patch'] or '-'}/{each['cell']['topology']}": each
            for each in self.night["cells"]
        }


@dataclass(frozen=True)
class Place:
    """A matrix, and a folder for runs of its own."""

    matrix: Path
    runs: Path

    @property
    def env(self) -> dict[str, str]:
        env = {**os.environ, "ORCHESTRATE_RUNS": str(self.runs)}
        env.pop("ORCHESTRATE_HISTORY", None)
        return env

    def command(self, *args: str, verb: str = "run") -> list[str]:
        return [*COMMAND, "nightly", verb, str(self.matrix), *args]

    def run(self, *args: str, verb: str = "run") -> Ran:
        done = subprocess.run(
            self.command(*args, verb=verb), env=self.env, capture_output=True, text=True,
            timeout=1800, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr, self.night())

    def night(self) -> dict[str, Any]:
        """Of the latest night."""
        found = sorted(self.runs.glob("night-*/night.json"), key=lambda file: file.stat().st_mtime)
        return json.loads(found[-1].read_text()) if found else {}


def place(folder: Path) -> Place:
    (folder / "night.toml").write_text(MATRIX)
    return Place(folder / "night.toml", folder / "runs")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return place(tmp_path_factory.mktemp("night"))


@pytest.fixture(scope="module")
def first(here: Place, green: Done) -> Ran:
    """The first night of all."""
    return here.run()


def test_verdicts(first: Ran) -> None:
    assert first.code == 1, first.out + first.err
    cells = first.cells()
    assert {name: each["verdict"] for name, each in cells.items()} == {
        "-/numa2": "pass",
        "-/numa4": "pass",
        "bug/numa4": "fail",
        "broken/numa4": "build-broken",
    }, first.out
    tries = {name: len(each["attempts"]) for name, each in cells.items()}
    assert tries == {"-/numa2": 1, "-/numa4": 1, "bug/numa4": 2, "broken/numa4": 1}
    assert not any(each["flaky"] for each in cells.values())
    assert (first.night["verdict"], first.night["exit_code"]) == ("build-broken", 1)
    assert "verdict: build-broken  (2 pass" in first.out


def test_each_attempt_has_a_folder_that_explains_it(first: Ran) -> None:
    night = Path(first.night["folder"])
    for name, cell in first.cells().items():
        for attempt in cell["attempts"]:
            run_dir = Path(attempt["run_dir"])
            assert run_dir.parent == night
            told = json.loads((run_dir / "run.json").read_text())
            assert told["verdict"] == attempt["verdict"], name
            assert (run_dir / "build.log").is_file()
            assert any((run_dir / "patches").glob("*.patch")) is not name.startswith("-/"), name
            if attempt["boot_s"]:
                assert (run_dir / "results.log").is_file() and attempt["cases"]
    bug = first.cells()["bug/numa4"]
    assert len({attempt["run_dir"] for attempt in bug["attempts"]}) == 2
    assert len({attempt["id"] for attempt in bug["attempts"]}) == 2
    assert len((night / "attempts.jsonl").read_text().splitlines()) == 5
    assert not list(night.parent.glob(".night-*")), "it has ended"


def test_a_run_of_a_night_can_be_judged_again(first: Ran, here: Place) -> None:
    run_dir = first.cells()["bug/numa4"]["attempts"][0]["run_dir"]
    done = subprocess.run([*COMMAND, "judge", run_dir], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "verdict: fail" in done.stdout


def test_what_is_shared_is_done_once(first: Ran) -> None:
    folders = sorted(Path(first.night["folder"]).glob("*-kernel-*"))
    assert len(folders) == 3, "a kernel each for the tree, the bug and what does not build"
    assert first.night["kernels"] == 3


def test_the_plan_of_the_next_night_knows_this_one(first: Ran, here: Place) -> None:
    planned = here.run(verb="plan")
    assert planned.code == 0, planned.err
    rows = [line.split() for line in planned.out.splitlines() if line[:1].isdigit()]
    red = {"default/broken/numa/numa4", "default/bug/numa/numa4"}
    assert {row[1] for row in rows[:2]} == red, "what is not green comes first"
    assert "build-broken on" in planned.out and "fail on" in planned.out
    assert "never run" not in planned.out


def test_a_tier_that_is_green_and_a_budget(first: Ran, here: Place, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    ran = here.run("--tier", "green", "--budget", "10m", "--json", str(told))
    assert ran.code == 0, ran.out + ran.err
    assert set(ran.cells()) == {"-/numa2", "-/numa4"}
    assert json.loads(told.read_text()) == ran.night
    none = here.run("--tier", "green", "--budget", "1s", "--jobs", "1")
    assert len(none.night["night"]["not_run"]) + len(none.night["cells"]) == 2
    assert none.night["night"]["not_run"] and "not run" in none.out


def stopped(mine: Place, number: signal.Signals) -> tuple[int, str, list[int]]:
    """A night, one run at a time, and the signal while the second machine runs: (exit code, what
    was said, the machine)."""
    process = subprocess.Popen(
        mine.command("--jobs", "1", "--tier", "green"), env=mine.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    machines: list[int] = []
    for _ in range(1200):
        done = [len(file.read_text().splitlines()) for file in mine.runs.glob("*/attempts.jsonl")]
        machines = qemu_children(process.pid) if done == [1] else []
        if machines or process.poll() is not None:
            break
        time.sleep(0.02)
    assert machines, process.communicate()[1]
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    return process.returncode, said, machines


def gone_on_with(mine: Place) -> Ran:
    """The same command again: what was finished is taken over, the rest is run."""
    (folder,) = mine.runs.glob("night-*")
    assert len(list(mine.runs.glob(".night-*"))) == 1
    ran = mine.run("--jobs", "1", "--tier", "green")
    assert ran.code == 0, ran.out + ran.err
    assert "1 of 2 cells are finished" in ran.err
    assert sorted(bool(each["from_run"]) for each in ran.night["cells"]) == [False, True]
    assert Path(ran.night["folder"]) == folder, "in the same folder"
    lines = (folder / "attempts.jsonl").read_text().splitlines()
    told = [each["id"] for cell in ran.night["cells"] for each in cell["attempts"]]
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(told)
    assert len(set(told)) == 2 and not ran.night["interrupted"]
    assert not list(mine.runs.glob(".night-*")), "it has ended"
    return ran


def test_interrupted_and_gone_on_with(first: Ran, tmp_path: Path) -> None:
    mine = place(tmp_path)
    code, said, machines = stopped(mine, signal.SIGINT)
    assert code == 130, said
    assert "interrupted, 1 of 2 cells are finished; the same command goes on" in said
    assert not any(map(alive, machines))
    before = mine.night()
    assert before["interrupted"] and len(before["cells"]) == 1
    runs = sorted(path.name for path in Path(before["folder"]).glob("*placement*"))
    assert len(runs) == 1, f"of what was interrupted nothing is left: {runs}"
    ran = gone_on_with(mine)
    assert ran.night["night"]["id"] == before["night"]["id"]
    assert before["cells"][0]["attempts"] in [each["attempts"] for each in ran.night["cells"]]


def test_killed_and_gone_on_with(first: Ran, tmp_path: Path) -> None:
    mine = place(tmp_path)
    code, _, machines = stopped(mine, signal.SIGKILL)
    assert code == -signal.SIGKILL and not mine.night()
    for _ in range(100):
        if not any(map(alive, machines)):
            break
        time.sleep(0.05)
    assert not any(map(alive, machines)), "it dies with us"
    gone_on_with(mine)

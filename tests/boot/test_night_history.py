# SPDX-License-Identifier: GPL-2.0-only
"""Nights of real machines against those before: new, still, quarantined, and a history that is
killed while they run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import COMMAND, PATCHES, TESTS, Done

sys.path.insert(0, str(TESTS / "edge" / "history"))

import postgres

MATRIX = f"""\
name = "small"
trees = ["default"]
configs = ["numa"]
topologies = ["numa2", "numa4"]
suites = ["placement"]
patches.bug = "{PATCHES}/node-ignored.patch"

[[exclude]]
patch = "bug"
topology = "numa2"

[tiers.green]
patch = ""
"""
BUG = "default/bug/numa/numa4 [placement]"
QUARANTINE = """\
[[quarantine]]
tests = "*"
cells = "default/bug/*"
owner = "me"
reason = "the patch is known to be wrong"
until = 9999-12-31
"""


class Place:
    """A matrix and its nights, in folders of their own."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        self.matrix = folder / "night.toml"
        self.matrix.write_text(MATRIX)
        self.env = {**os.environ, "ORCHESTRATE_RUNS": str(folder / "runs")}
        self.env.pop("ORCHESTRATE_HISTORY", None)
        if url:
            self.env["ORCHESTRATE_HISTORY"] = url

    def start(self, *args: str) -> subprocess.Popen[str]:
        command = [*COMMAND, "nightly", *args]
        return subprocess.Popen(
            command, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, *args: str, code: int = 0) -> str:
        """What it says on standard output."""
        process = self.start(*args)
        out, err = process.communicate(timeout=1800)
        assert process.returncode == code, out + err
        return out


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """To be killed."""
    if not postgres.installed():
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    with postgres.server() as running:
        yield running


def test_night_after_night(tmp_path: Path, green: Done) -> None:
    here = Place(tmp_path)
    first = here.run("run", str(here.matrix), code=1)
    assert "no night before to compare with\nnew failure: " in first
    assert "not so without the patch" in first
    second = here.run("run", str(here.matrix), code=1)
    assert "\nstill failing: " in second and "new failure" not in second
    assert "failing since 20" in second
    (tmp_path / "quarantine.toml").write_text(QUARANTINE)
    third = here.run("run", str(here.matrix), "--quarantine", f"{tmp_path}/quarantine.toml")
    assert "\nquarantined: " in third and "(me: the patch is known to be wrong)" in third
    assert "verdict: pass" in third
    shown = here.run("show")
    assert "still failing" in shown and "verdict: fail" in shown, "without the quarantine"
    assert here.run("list").count("small") == 3
    seen = here.run("history", "orch_placement.thread_memory", "--cell", "*/bug/*")
    assert seen.count(BUG) == 6, "three nights, and a retry in each"


def test_postgresql_is_killed_while_machines_run(
    tmp_path: Path, green: Done, server: postgres.Server
) -> None:
    here = Place(tmp_path, server.new_database())
    process = here.start("run", str(here.matrix), "--tier", "green", "--jobs", "1")
    assert process.stderr and process.stdout
    for line in process.stderr:
        if line.startswith("[1/2]"):
            server.kill()
            break
    said = process.stderr.read()
    out = process.stdout.read()
    assert process.wait(timeout=60) == 0, "every cell is green: " + out + said
    assert "results are kept in" in said and "nightly import" in said
    assert "not compared with the nights before" in " ".join(out.split()), out
    assert "verdict: pass" in out
    gone = here.start("run", str(here.matrix))
    text = gone.communicate(timeout=60)[1]
    assert gone.returncode == 3 and len(text.splitlines()) == 1, text
    server.start()
    (folder,) = (tmp_path / "runs").glob("night-*")
    assert "1 results more, 1 known already" in here.run("import", str(folder))
    assert "(2 pass)" in here.run("show")

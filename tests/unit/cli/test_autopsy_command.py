# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate autopsy: what a run kept, or why there is nothing to show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli.autopsy import command
from orchestrator.model.autopsy import Autopsy, TaskSeen
from orchestrator.model.errors import UsageError
from orchestrator.report.document import to_json

SEEN = Autopsy(tasks=(TaskSeen(7, "stuck", "D", 1, stack=("red+0x3/0x5",), lock="mutex m"),))


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text("{}")
    return tmp_path


def test_all_is_shown(run_dir: Path) -> None:
    (run_dir / "autopsy.json").write_text(to_json(SEEN))
    done = CliRunner().invoke(command, [str(run_dir)], standalone_mode=False)
    assert done.return_value == 0
    assert "stuck 7: D, CPU 1, waits for mutex m" in done.output and "red+0x3/0x5" in done.output


def test_json_alone_on_standard_output(run_dir: Path) -> None:
    (run_dir / "autopsy.json").write_text(to_json(SEEN))
    done = CliRunner().invoke(command, [str(run_dir), "--json", "-"], standalone_mode=False)
    assert json.loads(done.output)["tasks"][0]["comm"] == "stuck"


@pytest.mark.parametrize("kept", [None, "{", '{"tasks": 3}'])
def test_nothing_to_show_is_told(run_dir: Path, kept: str | None) -> None:
    if kept is not None:
        (run_dir / "autopsy.json").write_text(kept)
    done = CliRunner().invoke(command, [str(run_dir)], standalone_mode=False)
    assert isinstance(done.exception, UsageError)
    said = "there was no autopsy" if kept is None else "is damaged"
    assert said in done.exception.message

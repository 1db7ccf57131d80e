# SPDX-License-Identifier: GPL-2.0-only
"""Run directories: made empty, filled file by file, found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge import rundir
from orchestrator.model import rundir as names
from orchestrator.model.errors import InfrastructureError, UsageError


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def test_two_runs_of_one_second_have_two_directories(runs: Path) -> None:
    one, other = rundir.create(None), rundir.create(None)
    assert one != other and one.parent == other.parent == runs
    assert (runs / rundir.LATEST).resolve() == other
    assert sorted(path.name for path in runs.iterdir()) == sorted([one.name, other.name, "latest"])


def test_a_directory_of_ones_own(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    assert rundir.create(mine) == mine
    assert rundir.create(mine) == mine  # still empty
    (mine / "file").touch()
    with pytest.raises(UsageError, match="mine is not empty"):
        rundir.create(mine)
    with pytest.raises(UsageError, match="cannot make") as caught:
        rundir.create(mine / "file")
    assert "--run-dir" in caught.value.hint


def test_a_run_is_found_by_path_name_and_latest(runs: Path) -> None:
    run = rundir.create(None)
    with pytest.raises(UsageError, match="no run 'latest'"):
        rundir.find("latest")  # nothing is written yet
    rundir.write(run, names.RUN, "{}")
    assert {rundir.find(name) for name in (str(run), run.name, "latest")} == {run}
    with pytest.raises(UsageError) as caught:
        rundir.find("other")
    assert str(runs) in caught.value.hint


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    assert rundir.write(tmp_path, "a", "text \udcff").read_bytes() == b"text \xff"
    assert rundir.write(tmp_path, "a", b"\0bytes").read_bytes() == b"\0bytes"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_that_finds_no_room_leaves_no_half(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()  # where nothing can be renamed to
    with pytest.raises(OSError):
        rundir.write(tmp_path, "a", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_without_room_for_a_run_there_is_no_run_directory(runs: Path) -> None:
    run = rundir.create(None)
    rundir.need_room(run, 1, "a run")
    with pytest.raises(InfrastructureError, match="a run needs"):
        rundir.need_room(run, 1 << 40, "a run")
    assert list(runs.iterdir()) == []


def test_of_a_flooded_channel_only_the_ends_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rundir, "WHOLE_BYTES", 100)
    monkeypatch.setattr(rundir, "END_BYTES", 10)
    for name in (names.CONSOLE, names.TRACE, names.RESULTS):
        (tmp_path / name).write_text("begin" + "x" * 90 + "ended")
    assert len(rundir.read_channels(tmp_path).trace) == 100
    for name in (names.CONSOLE, names.TRACE):
        (tmp_path / name).write_text("begin" + "x" * 91 + "ended")
    channels = rundir.read_channels(tmp_path)
    assert channels.console == "beginxxxxx\n[91 bytes more]\nxxxxxended"
    assert channels.trace == "beginxxxxx\n[91 bytes more]\n", "no end marker survives"


def test_channels_that_were_never_opened_read_as_nothing(tmp_path: Path) -> None:
    (tmp_path / names.CONSOLE).write_bytes(b"boot\r\n\xff")
    channels = rundir.read_channels(tmp_path)
    assert channels.console == "boot\r\n\ufffd"
    assert (channels.results, channels.kmsg, channels.trace) == ("", "", "")

# SPDX-License-Identifier: GPL-2.0-only
"""A recording is what it was when it was made, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.edge import recordings
from orchestrator.model import rundir as names
from orchestrator.model.errors import UsageError
from orchestrator.model.recording import Recorded, Try
from orchestrator.model.shrink import Outcome, Target
from orchestrator.report.document import to_json


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """RUN/recording, whole."""
    made = tmp_path / "run" / recordings.FOLDER
    made.mkdir(parents=True)
    (made.parent / names.RUN).write_text("{}")
    for name in recordings.FILES:
        (made / name).write_text(f"this is {name}")
    target = Target("ktap", "fail", "orch_x.y failed", "0123456789ab")
    tries = (Try(Outcome.OTHER, "it passed", 1.5), Try(Outcome.SAME, "orch_x.y failed", 2.5))
    told = Recorded("/runs/r", target, "QEMU 10", recordings.digests(made), tries, ("one CPU",))
    (made / names.RECORDING).write_text(to_json(told))
    return made


def test_it_is_read_back(folder: Path) -> None:
    told = recordings.read(folder)
    assert (told.target.title, told.tries[1].outcome) == ("orch_x.y failed", Outcome.SAME)
    assert [name for name, _ in told.digests] == list(recordings.FILES)
    assert recordings.find(str(folder.parent)) == folder, "by its run"


def test_it_is_found_by_itself_too(folder: Path) -> None:
    (folder / names.RUN).write_text("{}")
    assert recordings.find(str(folder)) == folder
    (folder / names.RECORDING).unlink()
    with pytest.raises(UsageError, match="has no recording") as raised:
        recordings.find(str(folder))
    assert "orchestrate record" in raised.value.hint


@pytest.mark.parametrize("name", recordings.FILES)
@pytest.mark.parametrize("how", ["cut", "longer", "other", "gone"])
def test_damage_is_told(folder: Path, name: str, how: str) -> None:
    file = folder / name
    data = file.read_bytes()
    changed = {"cut": data[:-1], "longer": data + b"\0", "other": b"T" + data[1:]}
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(changed[how])
    with pytest.raises(UsageError, match=f"{name}|no whole recording"):
        recordings.read(folder)


def test_what_it_says_of_itself_leads_nowhere(folder: Path) -> None:
    told = json.loads((folder / names.RECORDING).read_text())
    for digests in ([["../../run.json", "00"]], [], [[names.RECORD, "00"]], "x"):
        (folder / names.RECORDING).write_text(json.dumps({**told, "digests": digests}))
        with pytest.raises(UsageError):
            recordings.read(folder)
    (folder / names.RECORDING).write_text("{")
    with pytest.raises(UsageError, match="no whole recording"):
        recordings.read(folder)


def test_qemu_writes_the_first_word_last(tmp_path: Path) -> None:
    assert not recordings.finished(tmp_path)
    (tmp_path / names.RECORD).write_bytes(b"\0\0\0\0\0\0\0\0\0\0\0\0events")
    assert not recordings.finished(tmp_path), "it was killed"
    (tmp_path / names.RECORD).write_bytes(b"\0\xe0\x20\x0c\0\0\0\0\0\0\0\0events")
    assert recordings.finished(tmp_path)

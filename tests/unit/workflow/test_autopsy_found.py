# SPDX-License-Identifier: GPL-2.0-only
"""What was seen of a guest is put together; whatever fails of that is a note, never an end."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.model import rundir
from orchestrator.model.autopsy import Look
from orchestrator.model.job import BuiltKernel
from orchestrator.model.progress import Note, ProgressEvent
from orchestrator.report.document import to_json
from orchestrator.workflow.autopsy import examine, kept_autopsy

GOLDEN = Path(__file__).parents[2] / "golden" / "parse"
REGISTERS = (GOLDEN / "registers-irqs-off.txt").read_text()


@pytest.fixture
def kernel(tmp_path: Path) -> BuiltKernel:
    """One that is gone: nothing can be compiled for it."""
    gone = tmp_path / "gone"
    return BuiltKernel("key", "7.3.4", gone, gone, gone, gone, gone, True)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def leave(run_dir: Path, look: Look | str, image: bytes | None) -> None:
    (run_dir / rundir.LOOK).write_text(look if isinstance(look, str) else to_json(look))
    if image is not None:
        (run_dir / rundir.DUMP).write_bytes(image)


def test_a_run_that_was_not_looked_at(run_dir: Path, kernel: BuiltKernel) -> None:
    told: list[ProgressEvent] = []
    assert examine(run_dir, kernel, False, told.append) is None
    assert (told, list(run_dir.iterdir())) == ([], [])


def test_without_an_image_there_are_registers(run_dir: Path, kernel: BuiltKernel) -> None:
    look = Look((REGISTERS,) * 5, "silent", ("no memory image: 3 MiB are free",))
    leave(run_dir, look, None)
    seen = examine(run_dir, kernel, True, lambda _: None)
    assert seen and seen == kept_autopsy(run_dir)
    assert [cpu.irqs_off for cpu in seen.cpus] == [0, 0, 0, 5]
    assert seen.cpus[3].places == (("0xffffffffa0006003", 5),)
    assert (seen.notes, seen.nmi, seen.dump) == (look.notes, "silent", "")


@pytest.mark.parametrize("keep", [True, False])
def test_an_image_nobody_can_read_is_told(run_dir: Path, kernel: BuiltKernel, keep: bool) -> None:
    leave(run_dir, Look((REGISTERS,)), b"image")
    seen = examine(run_dir, kernel, keep, lambda _: None)
    assert seen and len(seen.cpus) == 4
    assert any("structures are not known" in note for note in seen.notes), seen.notes
    assert (run_dir / rundir.DUMP).exists() is keep
    assert seen.dump == (rundir.DUMP if keep else "")


@pytest.mark.parametrize("look", ["", "{", '{"samples": 3}'])
def test_a_damaged_look_is_a_note(run_dir: Path, kernel: BuiltKernel, look: str) -> None:
    leave(run_dir, look, b"image")
    told: list[ProgressEvent] = []
    assert examine(run_dir, kernel, True, told.append) is None
    assert [event.text.split(":")[0] for event in told if isinstance(event, Note)] == ["no autopsy"]
    assert not (run_dir / rundir.DUMP).exists()

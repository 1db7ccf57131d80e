# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of a comparison that fails, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.config.source_spec import DefaultSource
from orchestrator.edge import host
from orchestrator.model.compare import CompareResult, Word
from orchestrator.model.errors import (
    BuildBroken,
    InfrastructureError,
    PatchBroken,
    UsageError,
)
from orchestrator.model.job import KernelConfig
from orchestrator.model.patch import PatchMail, PatchSeries
from orchestrator.model.progress import silent
from orchestrator.model.topology import Node, Topology
from orchestrator.workflow import compare as under_test
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.compare import CompareJob, run_compare

TOPOLOGY = Topology("one", "", (Node(0, (0,), 64),), ((10,),))
CONFIG = KernelConfig(("numa",), ())
MAIL = PatchMail("kthread: rename", "--- a", body="No functional change intended.")


def job(run_dir: Path, *mails: PatchMail) -> CompareJob:
    boot = BootJob(CONFIG, TOPOLOGY, None, DefaultSource(), command=("orchestrate", "compare"))
    series = PatchSeries(mails or (MAIL,), "given.mbox", cover="")
    return CompareJob(boot, series, ((CONFIG, TOPOLOGY),), run_dir=run_dir)


@pytest.fixture(autouse=True)
def any_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without QEMU can still be told what went wrong before."""
    monkeypatch.setattr(host, "require", lambda *_: None)


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def raising(*_: object) -> CompareResult:
        raise error

    monkeypatch.setattr(under_test, "_compared", raising)


@pytest.mark.parametrize(
    ("error", "word", "code"),
    [
        (PatchBroken("patch 1 does not apply", "hint"), Word.BROKEN, 1),
        (BuildBroken("cc failed", "hint", None, ("a.c:1: error: x",)), Word.BROKEN, 1),
        (InfrastructureError("disk full", "hint"), Word.INFRASTRUCTURE, 3),
    ],
)
def test_errors_are_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, word: Word, code: int
) -> None:
    failing(monkeypatch, error)
    folder = tmp_path / "run"
    result = run_compare(job(folder), silent)
    assert (result.word, result.word.exit_code, result.hint) == (word, code, "hint")
    written = json.loads((folder / "compare.json").read_text())
    assert (written["verdict"], written["exit_code"]) == (word.value, code)
    assert written["claim"] == "No functional change intended"
    assert result.error in (folder / "compare.html").read_text()
    if isinstance(error, BuildBroken):
        assert "a.c:1: error: x" in result.notes


def test_wrong_usage_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, UsageError("no such suite"))
    with pytest.raises(UsageError):
        run_compare(job(tmp_path / "run"), silent)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_compare(job(tmp_path / "run"), silent)
    written = json.loads((tmp_path / "run/compare.json").read_text())
    assert (written["error"], written["verdict"]) == ("interrupted by the user", "unsure")


def test_a_subject_with_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, InfrastructureError("disk full"))
    evil = PatchMail("<script>alert(1)</script>\udcff\x1b[2J", "--- a")
    run_compare(job(tmp_path / "run", evil), silent)
    page = (tmp_path / "run/compare.html").read_text()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page and "\x1b" not in page
    json.loads((tmp_path / "run/compare.json").read_text())


def test_a_series_is_called_by_where_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, InfrastructureError("disk full"))
    assert run_compare(job(tmp_path / "one"), silent).title == MAIL.name
    assert run_compare(job(tmp_path / "two", MAIL, MAIL), silent).title == "given.mbox"

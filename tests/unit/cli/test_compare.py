# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate compare` refuses before it does anything, and how a result is shown."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.cli import show_compare
from orchestrator.cli.main import main
from orchestrator.model.compare import CompareResult, Word


@pytest.fixture(autouse=True)
def nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Caches and runs in an empty folder."""
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    return tmp_path


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "what is to be compared?"),
        (("--base", "v7.1"), "what is to be compared?"),
        (("--head", "topic"), "what is to be compared?"),
        (("--patch", "x", "--base", "a", "--head", "b"), "what is to be compared?"),
        (("--base", "a", "--head", "b", "--source", "kernel.org:7.1"), "exclude each other"),
        (("--patch", "x", "--config", "no-such"), "no-such"),
        (("--patch", "x", "--topology", "no-such"), "no-such"),
        (("--patch", "x", "--pairs", "0"), "pairs"),
        (("--patch", "no-such-file.patch"), "no-such-file.patch"),
    ],
)
def test_wrong_usage(
    args: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    nothing_is_made: Path,
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.chdir(nothing_is_made)
    monkeypatch.setattr(sys, "argv", ["orchestrate", "compare", *args])
    with pytest.raises(SystemExit) as leave:
        main()
    for number, handler in before.items():
        signal.signal(number, handler)
    assert leave.value.code == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert not (nothing_is_made / "runs").exists()


def result(run_dir: Path) -> CompareResult:
    return CompareResult(
        word=Word.SAME,
        title="kthread: rename",
        claim="",
        command=("orchestrate",),
        started_at="",
        run_dir=str(run_dir),
        base="tree",
        kernel_release="7.3.4",
        patches=(),
    )


def test_it_is_shown_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_compare.show(result(tmp_path), tmp_path / "a.json", tmp_path / "a.html")
    shown = capsys.readouterr().out
    assert "verdict: same" in shown.splitlines()[-1]
    assert json.loads((tmp_path / "a.json").read_text())["verdict"] == "same"
    assert "kthread: rename" in (tmp_path / "a.html").read_text()


def test_json_on_standard_output_stands_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_compare.show(replace(result(tmp_path), word=Word.DIFFERS), Path("-"), None)
    shown = capsys.readouterr()
    assert json.loads(shown.out)["verdict"] == "differs"
    assert "verdict: differs" in shown.err

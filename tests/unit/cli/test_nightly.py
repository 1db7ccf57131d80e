# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate nightly` refuses before it does anything."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click
import pytest

from orchestrator.cli.main import main
from orchestrator.cli.nightly_options import seconds, without_password

MATRIX = """\
trees = ["./linux"]
configs = ["numa"]
topologies = ["numa2"]
[tiers.quick]
topology = "numa2"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A matrix; caches and runs in an empty folder."""
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linux").mkdir()
    (tmp_path / "night.toml").write_text(MATRIX)
    (tmp_path / "typo.toml").write_text(MATRIX.replace("numa2", "numb2"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    return tmp_path


def called(monkeypatch: pytest.MonkeyPatch, *args: str) -> object:
    """The exit code."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(sys, "argv", ["orchestrate", "nightly", *args])
    with pytest.raises(SystemExit) as leave:
        main()
    for number, handler in before.items():
        signal.signal(number, handler)
    return leave.value.code


@pytest.mark.parametrize("command", ["run", "plan"])
@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "Missing argument 'MATRIX.toml'"),
        (("no-such.toml",), "cannot read the matrix no-such.toml"),
        (("linux",), "cannot read the matrix linux"),
        (("typo.toml",), "typo.toml:3: no topology named 'numb2'"),
        (("night.toml", "--tier", "quik"), "did you mean quick?"),
        (("night.toml", "--budget", "soon"), "'soon' is no time: 30m, 1h30m, 90s"),
        (("night.toml", "--budget", "0m"), "is no time"),
        (("night.toml", "--budget", "-5m"), "is no time"),
        (("night.toml", "--jobs", "0"), "--jobs"),
    ],
)
def test_wrong_usage(
    command: str,
    args: tuple[str, ...],
    said: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert called(monkeypatch, command, *args) == 2
    shown = capsys.readouterr()
    assert said in shown.err and "Traceback" not in shown.err
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    "args", [("--run-dir", "full"), ("--run-dir", "night.toml"), ("--json", "no/such/place.json")]
)
def test_places_that_cannot_be(
    args: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told before a tree is fetched or a night begun."""
    assert called(monkeypatch, "run", "night.toml", *args) == 2
    assert args[1] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [("30m", 1800.0), ("1h30m", 5400.0), ("90s", 90.0), (" 2H ", 7200.0), ("1h1m1s", 3661.0)],
)
def test_times(text: str, told: float) -> None:
    assert seconds(None, None, text) == told  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "30", "m", "1.5h", "30m1h", "1h 30m", "-1m", "0s"])
def test_no_times(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no time"):
        seconds(None, None, text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("--history=postgresql://me:se:c@r/et@host/db", "--history=postgresql://me:***@host/db"),
        ("postgresql://me:secret@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql://host/db?user=me&password=s@c", "postgresql://host/db?user=me&password=***"),
        ("postgresql://me@host:5432/db", "postgresql://me@host:5432/db"),
        ("sqlite:////folder/history.db", "sqlite:////folder/history.db"),
        ("night.toml", "night.toml"),
    ],
)
def test_reports_show_no_password(text: str, shown: str) -> None:
    assert without_password(text) == shown

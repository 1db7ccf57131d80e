# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate presubmit` refuses before it does anything."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from orchestrator.cli.main import main


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--budget", "soon"), "'soon' is no time"),
        (("--budget", "0s"), "is no time"),
        (("--full-configs", "no-such"), "no-such"),
        (("--config", "no-such"), "no-such"),
        (("--suite", "no-such"), "no-such"),
        (("--topology", "no-such"), "no-such"),
        (("a", "b"), "unexpected extra argument"),
        (("--json", "/nonexistent/x.json"), "cannot write"),
        (("--junit", "/nonexistent/x.xml"), "cannot write"),
        ((), "is no git checkout"),
        (("a...b",), "no range of commits"),
        (("--", "--output=x..y"), "no range of commits"),
    ],
)
def test_wrong_usage(
    args: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(sys, "argv", ["orchestrate", "presubmit", *args])
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    try:
        with pytest.raises(SystemExit) as left:
            main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
    assert not list((tmp_path / "runs").glob("presubmit*"))

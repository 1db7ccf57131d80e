# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate bisect` refuses before it does anything, and what it takes as the failure."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from orchestrator.cli import bisect_check
from orchestrator.cli.main import main
from orchestrator.model.bisect import Check

ENDS = ("--config", "numa", "--good", "a", "--bad", "b")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "a bisect of what?"),
        (("--config", "numa", "--good", "a"), "the bad end is not named"),
        (("--config", "numa", "--bad", "a"), "the good end is not named"),
        (("--config-bad", "numa"), "the good end is not named"),
        ((*ENDS, "--patches", "x"), "over one of commits, patches"),
        ((*ENDS, "--config-good", "numa"), "over one of commits, options"),
        ((*ENDS, "--source", "default"), "--source has no history"),
        ((*ENDS, "--patch", "x"), "or is it --patches?"),
        (("--patches", "x"), "--config is missing"),
        (("--config", "numa", "--patches", ""), "names nothing"),
        (("--config", "numa", "--patches", "no-such.mbox"), "no such file"),
        (("--config", "numa", "--patches", "."), "no patch in ."),
        (("--config", "numa", "--config-good", "a", "--config-bad", "b"), "leave it out"),
        (("--config-good", "nmua", "--config-bad", "numa"), "nmua"),
        (("--config-good", "numa", "--config-bad", "./x.config"), "x.config"),
        (("--config-good", ".", "--config-bad", "numa"), "is a directory"),
        (("--good", "a", "--bad", "b"), "--config is missing"),
        ((*ENDS, "--case", "create"), "--case create: no SUITE.CASE"),
        ((*ENDS, "--case", ".x"), "no SUITE.CASE"),
        ((*ENDS, "--slow", "create.a"), "no SUITE.CASE"),
        ((*ENDS, "--slow", "create.a=fast"), "no time in seconds"),
        ((*ENDS, "--slow", "create.a=inf"), "no time in seconds"),
        ((*ENDS, "--slow", "create.a=-1"), "no time in seconds"),
        ((*ENDS, "--leak", "--case", "a.b"), "a bisect looks for one failure"),
        ((*ENDS, "--signature", " "), "--signature is empty"),
        ((*ENDS, "--creation-us", "0"), "--creation-us"),
        ((*ENDS, "--sure", "100"), "--sure"),
        ((*ENDS, "--suite", "no-such"), "no-such"),
        (ENDS, "is no git checkout"),
    ],
)
def test_wrong_usage(
    args: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["orchestrate", "bisect", *args])
    try:
        with pytest.raises(SystemExit) as left:
            main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("asked", "check", "words"),
    [
        ({}, Check(), "any verdict that is not green"),
        ({"case": "create.on_node"}, Check("case", "create.on_node"), "create.on_node fails"),
        ({"signature": " ab12 "}, Check("signature", "ab12"), "ab12"),
        ({"leak": True}, Check("leak"), "memory is lost"),
        ({"creation_us": 250.0}, Check("creation", bound=250.0), "more than 250 us"),
        ({"slow": "a.b=0.5"}, Check("slow", "a.b", 0.5), "a.b takes more than 0.5 s"),
    ],
)
def test_what_counts_as_the_failure(asked: dict[str, object], check: Check, words: str) -> None:
    blank = {"case": None, "signature": None, "leak": False, "creation_us": None, "slow": None}
    found = bisect_check.check(**{**blank, **asked})  # type: ignore[arg-type]
    assert found == check and words in str(found)
    assert found.timed is (check.kind in ("creation", "slow"))

# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate shrink` refuses before it runs anything, and `boot --case`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from orchestrator.cli.main import main
from orchestrator.cli.options import one_case
from orchestrator.model.errors import UsageError


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "Missing argument 'RUN'"),
        (("no-such",), "no run 'no-such'"),
        (("latest", "--budget", "soon"), "'soon' is no time"),
        (("latest", "--runs", "0"), "--runs"),
        (("latest", "--start-runs", "0"), "--start-runs"),
        (("latest", "--chance", "90"), "--chance"),
        (("latest", "--json", "no-such/x.json"), "cannot write no-such/x.json"),
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
    monkeypatch.setattr(sys, "argv", ["orchestrate", "shrink", *args])
    try:
        with pytest.raises(SystemExit) as left:
            main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists() and not (tmp_path / "cache").exists()


def test_a_case_is_a_suite_and_a_name_in_c() -> None:
    assert one_case("create.on_node", ()) == ("create", "on_node")
    assert one_case("create.on_node", ("create",)) == ("create", "on_node")
    assert one_case("create.on_node", ("orch_create",)) == ("create", "on_node")


@pytest.mark.parametrize(
    "text", ["create", "create.", ".x", "a.b.c", "a.*", "a.b\n", "a.b c", "ä.b"]
)
def test_what_kunit_would_take_for_a_pattern_is_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"no SUITE\.CASE"):
        one_case(text, ())


def test_a_case_and_another_suite_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        one_case("create.x", ("create", "work"))

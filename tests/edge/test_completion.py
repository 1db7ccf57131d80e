# SPDX-License-Identifier: GPL-2.0-only
"""The Tab key, in a real bash."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from orchestrator.cli import complete


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[pexpect.spawn]:
    program = tmp_path / "orchestrate"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m orchestrator "$@"\n')
    program.chmod(0o755)
    runs = tmp_path / "runs"
    (runs / "20261126-000000-abcd").mkdir(parents=True)
    env = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "ORCHESTRATE_RUNS": str(runs),
        "TERM": "dumb",
        "PS1": "$ ",
        "INPUTRC": "/dev/null",
    }
    command = ["--norc", "--noprofile", "-i"]
    with pexpect.spawn("bash", command, env=env, encoding="utf-8", timeout=30) as shell:
        shell.sendline("bind 'set enable-bracketed-paste off'")
        shell.sendline('eval "$(orchestrate completion bash)"')
        shell.sendline("echo rea''dy")
        shell.expect("ready")
        yield shell


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("bise", "bisect"),
        ("nightly dash", "dashboard"),
        ("boot --top", "--topology"),
        ("boot --topology memo", "memoryless"),
        ("boot --config numa,kas", "numa,kasan"),
        ("boot --config numa --suite plac", "placement"),
        ("judge 2026", "20261126-000000-abcd"),
    ],
)
def test_the_tab_key_completes(bash: pexpect.spawn, typed: str, completed: str) -> None:
    bash.send(f"orchestrate {typed}\t")
    bash.expect_exact(f"orchestrate {typed.rpartition(' ')[0]} {completed}".replace("  ", " "))
    bash.sendcontrol("u")


def test_what_is_unknown_stays_as_it_is(bash: pexpect.spawn) -> None:
    bash.send("orchestrate boot --topology nosuch\t\x15echo do''ne\r")
    bash.expect("done")
    assert "nosuch" in bash.before and "memoryless" not in bash.before


def test_runs_that_cannot_be_read_offer_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "none"))
    found = complete.runs(None, None, "")  # type: ignore[arg-type]
    assert [item.value for item in found] == ["latest"]

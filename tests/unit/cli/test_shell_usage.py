# SPDX-License-Identifier: GPL-2.0-only
"""Command lines that are answered before anything is built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.cp import _in_guest
from orchestrator.cli.session_job import with_fragments


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["shell", "--config", "numa", "--"], "no command after --"),
        (["shell", "--config", "numa", "uname"], "unexpected extra argument"),
        (["boot", "--config", "numa", "uname"], "unexpected extra argument"),
        (["boot", "--config", "numa", "--rootfs", "debian"], "go with a COMMAND"),
        (["boot", "--config", "numa", "--suite", "create", "--", "id"], "exclude each other"),
        (
            ["boot", "--config", "numa", "--case", "create.stop_after_exit", "--", "id"],
            "exclude each other",
        ),
        (["shell", "--config", "numa", "--include", "strace", "--", "id"], "--rootfs debian"),
        (
            ["shell", "--config", "numa", "--rootfs", "debian", "--include", "a;b", "--", "id"],
            "no name of a Debian package",
        ),
        (["shell", "--config", "numa", "--add", "/no/such", "--", "id"], "there is no /no/such"),
        (["shell", "--config", "numa", "--script", "/no/such"], "cannot read /no/such"),
        (["shell", "--config", "numa", "--patch", "-"], "standard input is the patch"),
        (["ssh", "no-such-run", "id"], "no run 'no-such-run'"),
        (["ssh", "latest"], "no run 'latest'"),
        (["cp", "a", "b"], "one of SRC and DST"),
        (["cp", "one:a", "two:b"], "one of SRC and DST"),
    ],
)
def test_wrong_usage(
    args: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", *args],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and said in done.stderr, done
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_fragments_are_added_once() -> None:
    assert with_fragments("numa") == "numa,net,rootfs"
    assert with_fragments("net, numa") == "net,numa,rootfs"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("latest:/a", ("latest", "/a")),
        ("latest:", ("latest", ".")),
        ("file", ("", "")),
        (":x", ("", "")),
        ("./a:b", ("", "")),
    ],
)
def test_which_side(text: str, meant: tuple[str, str]) -> None:
    assert _in_guest(text) == meant

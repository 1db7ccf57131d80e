# SPDX-License-Identifier: GPL-2.0-only
"""A series in a mailbox: each step is built, booted and judged."""

from __future__ import annotations

import json
import mailbox
import os
import subprocess
import time
from email.message import Message
from pathlib import Path

from running import COMMAND, PATCHES, Done

SERIES = ("rename-only.patch", "node-ignored.patch", "node-restored.patch")


def write_mbox(path: Path) -> None:
    """The patches as mails of one series, in the wrong order, as threads arrive."""
    box = mailbox.mbox(path)
    for number, name in reversed(list(enumerate(SERIES, start=1))):
        text = (PATCHES / name).read_text()
        head, _, body = text.partition("\n\n")
        mail = Message()
        subject = head.partition("Subject: [PATCH] ")[2]
        mail["From"] = "A Developer <dev@invalid>"
        mail["Date"] = f"Mon, 02 Nov 2026 10:00:0{number} +0000"
        mail["Message-ID"] = f"<{number}.series@invalid>"
        if number > 1:
            mail["In-Reply-To"] = "<1.series@invalid>"
        mail["Subject"] = f"[PATCH {number}/{len(SERIES)}] {subject}"
        mail.set_payload(body)
        box.add(mail)
    box.close()


def test_series_says_where_a_failure_starts_and_ends(green: Done, tmp_path: Path) -> None:
    write_mbox(tmp_path / "series.mbox")
    done = subprocess.run(
        [*COMMAND, "series", "--config", "numa", str(tmp_path / "series.mbox"), "--suite",
         "placement", "--run-dir", str(tmp_path / "runs"), "--json", str(tmp_path / "series.json")],
        capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    result = json.loads((tmp_path / "series.json").read_text())
    verdicts = [step["verdict"] for step in result["steps"]]
    assert verdicts == ["pass", "pass", "fail", "pass"], done.stdout
    assert result["failures"], "where it starts is said"
    for failure in result["failures"]:
        assert (failure["first"], failure["fixed"]) == (2, 3), failure


def test_a_killed_series_goes_on_where_it_stopped(green: Done, tmp_path: Path) -> None:
    """In the same run directory: what was finished stays as it is, the step that was not makes
    room."""
    write_mbox(tmp_path / "series.mbox")
    runs, told = tmp_path / "runs", tmp_path / "series.json"
    state = tmp_path / "state"
    command = [*COMMAND, "series", "--config", "numa", str(tmp_path / "series.mbox"), "--suite",
               "placement", "--run-dir", str(runs), "--json", str(told)]  # fmt: skip
    env = {**os.environ, "ORCHESTRATE_RUNS": str(state)}
    first = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in range(1200):
        if (runs / "0002" / "results.log").exists() or first.poll() is not None:
            break
        time.sleep(0.05)
    first.kill()
    first.communicate(timeout=60)
    assert not (runs / "0002" / "run.json").exists() and list(state.glob(".series-*"))
    before = [(runs / f"000{n}" / "run.json").stat().st_mtime_ns for n in (0, 1)]
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert "base: pass, from the run of" in done.stderr, done.stderr
    steps = json.loads(told.read_text())["steps"]
    assert [step["verdict"] for step in steps] == ["pass", "pass", "fail", "pass"], done.stdout
    assert [bool(step["from_run"]) for step in steps] == [True, True, False, False]
    assert [(runs / f"000{n}" / "run.json").stat().st_mtime_ns for n in (0, 1)] == before
    assert not list(state.glob(".series-*"))

# SPDX-License-Identifier: GPL-2.0-only
"""A series in a mailbox: each step is built, booted and judged."""

from __future__ import annotations

import json
import mailbox
import subprocess
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

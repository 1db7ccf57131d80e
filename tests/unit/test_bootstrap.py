# SPDX-License-Identifier: GPL-2.0-only
"""bootstrap and `orchestrate doctor` must ask for the same things."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from orchestrator.edge.host import NEEDS

BOOTSTRAP = Path(__file__).resolve().parents[2] / "bootstrap"


def needs_of_bootstrap() -> set[tuple[str, str]]:
    table = re.search(r"^needs='\n(.*?)'", BOOTSTRAP.read_text(), re.DOTALL | re.MULTILINE)
    assert table
    rows = (line.split() for line in table[1].splitlines())
    return {(what, package) for what, package in rows}


def test_same_needs_as_doctor() -> None:
    """And the sandbox: runs go without it where it cannot be, not because nobody installed it. So
    it is with what makes a Debian root file system, and selftests."""
    required = {(need.file or need.name, need.package) for need in NEEDS if need.required}
    wished = {
        ("bwrap", "bubblewrap"),
        ("mmdebstrap", "mmdebstrap"),
        ("mkfs.erofs", "erofs-utils"),
        ("newuidmap", "uidmap"),
        ("rsync", "rsync"),
    }
    assert needs_of_bootstrap() == required | wished
    assert wished <= {(need.name, need.package) for need in NEEDS}


def test_without_apt_the_list_is_printed_and_nothing_done(tmp_path: Path) -> None:
    """A PATH with hardly anything in it stands for a system that is not Debian."""
    for tool in ("cat", "dirname", "tr", "head", "grep", "id"):
        where = subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, text=True)
        (tmp_path / tool).symlink_to(where.stdout.strip())
    done = subprocess.run(
        ["/bin/sh", str(BOOTSTRAP), "--setup"],
        env={"PATH": str(tmp_path), "ORCHESTRATE_VENV": str(tmp_path / "venv")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "qemu-system-x86" in done.stderr and "bison" in done.stderr
    assert not (tmp_path / "venv").exists()

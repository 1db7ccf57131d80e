# SPDX-License-Identifier: GPL-2.0-only
"""A few cases of the fault matrix; all of it: tox -e faults."""

from __future__ import annotations

import subprocess
import sys

import pytest
from running import TESTS, Done


def test_the_quick_part_of_the_fault_matrix(green: Done) -> None:
    command = [sys.executable, str(TESTS / "faults" / "run.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr

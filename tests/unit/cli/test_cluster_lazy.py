# SPDX-License-Identifier: GPL-2.0-only
"""A night on this machine needs no Dask, and does not load it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("distributed", "dask", "fsspec", "paramiko", "tornado")
_CODE = """
import sys
import orchestrator.cli.nightly_run, orchestrator.cli.nightly_worker
import orchestrator.workflow.night
print([name for name in {heavy!r} if name in sys.modules])
"""


def test_a_local_night_loads_nothing_of_a_cluster() -> None:
    code = _CODE.format(heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"

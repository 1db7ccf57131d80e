# SPDX-License-Identifier: GPL-2.0-only
"""How fast this host's time stamp counter counts, for guests that read it under TCG.

A guest would measure it at boot, against timers that an emulator on a busy host delivers late,
and may come out ten times too slow: then every time limit inside it is wrong.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

from orchestrator.config.assets import data_dir
from orchestrator.edge import process
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError

_STEP_KHZ = 1000  # what is measured on one host twice must come out the same
_PLAUSIBLE_KHZ = range(100_000, 20_000_000)


def tsc_khz(store: Store) -> int:
    """To the MHz; 0 where that cannot be told, and the guest has to find out. Remembered until
    the host boots again."""
    if platform.machine() != "x86_64":
        return 0
    source = data_dir("probe") / "tsc.c"
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text()
    memo = store.folder("probes") / f"tsc-{digest(boot_id, source.read_bytes())}"
    try:
        return int(memo.read_text())
    except (OSError, ValueError):
        khz = _measured(source, memo.with_suffix(f".{os.getpid()}.run"))
        partial = memo.with_suffix(f".{os.getpid()}")
        partial.write_text(f"{khz}\n")
        partial.rename(memo)
    return khz


def _measured(source: Path, program: Path) -> int:
    try:
        process.check(["gcc", "-O1", "-o", str(program), str(source)])
        khz = int(process.check([str(program)], timeout_s=10))
    except (InfrastructureError, ValueError):
        return 0
    finally:
        program.unlink(missing_ok=True)
    return round(khz / _STEP_KHZ) * _STEP_KHZ if khz in _PLAUSIBLE_KHZ else 0

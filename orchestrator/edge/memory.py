# SPDX-License-Identifier: GPL-2.0-only
"""How much memory this host could give to machines."""

from __future__ import annotations

import os
import re
from pathlib import Path

QEMU_MIB = 300  # of a machine, beside its memory: translated code above all
_MEMINFO = Path("/proc/meminfo")
_AVAILABLE = re.compile(r"^MemAvailable:\s+(\d+) kB", re.MULTILINE)


def available_mib(meminfo: Path = _MEMINFO) -> int:
    """What the kernel thinks can be had without swapping, caches included; what is free, where it
    does not say (proc_meminfo(5))."""
    try:
        found = _AVAILABLE.search(meminfo.read_text())
    except OSError:
        found = None
    if found:
        return int(found[1]) >> 10
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20

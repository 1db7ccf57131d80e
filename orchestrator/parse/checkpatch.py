# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/checkpatch.pl prints with --terse --showfile --show-types."""

from __future__ import annotations

import re
from collections.abc import Iterable

from orchestrator.model.presubmit import Remark

# "kernel/kthread.c:12: WARNING:LONG_LINE: ..."; of the message, where the patch itself is named.
_ROW = re.compile(r"(.*?):(\d+): (ERROR|WARNING|CHECK):(?:([A-Z0-9_]+):)? ?(.*)")


def checkpatch(lines: Iterable[str]) -> tuple[Remark, ...]:
    """Every remark, in order; other lines are none."""
    rows = (_ROW.fullmatch(line.rstrip()) for line in lines)
    return tuple(
        Remark(row[3], row[4] or "", row[1], int(row[2]), row[5].strip()) for row in rows if row
    )

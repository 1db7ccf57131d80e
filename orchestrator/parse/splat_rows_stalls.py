# SPDX-License-Identifier: GPL-2.0-only
"""Rows: what does not go on (kernel/watchdog*.c, kernel/hung_task.c, kernel/rcu/*stall*.h,
kernel/workqueue.c, arch/powerpc/kernel/watchdog.c)."""

from __future__ import annotations

from orchestrator.parse.splat_row import FUNC, row

STALLS = (
    row("soft-lockup", r"(?:\w+ )?(?:watchdog: )?BUG: soft lockup", "BUG: soft lockup", "stall"),
    row(
        "hard-lockup",
        r"(?:watchdog: )?(?:CPU ?\d+:? )?self-detected hard LOCKUP @ " + FUNC,
        "hard LOCKUP",
        "line stall",
    ),
    row(
        "hard-lockup",
        r"(?:NMI )?(?:watchdog: )?(?:BUG: )?(?:CPU ?\d+:? )?(?:Watchdog |self-)?"
        r"detected (?:hard )?LOCKUP",
        "hard LOCKUP",
        "stall",
        "hard-lockup",
        3,
    ),
    row(
        "rcu-stall",
        r"(?:rcu: )?(?:INFO: )?\S+ (?:self-)?detected (?:expedited )?stalls?\b",
        "rcu stall",
        "stall",
        "rcu-stall",
        3,
    ),
    row(
        "hang",
        r"INFO: task .{1,80}? blocked (?:for|in I/O wait for) more than",
        "task hung",
        "trace",
    ),
    row(
        # Comes behind the whole stack of the task.
        "hang",
        r"INFO: task .{1,80}? (?:is |<\w+> )?blocked on ",
        "task hung",
        "trace",
        "hang",
        60,
    ),
    row("hang", r"INFO: task .{1,80}? can't die for more than", "task can't die", "trace"),
    row("hang", r"BUG: workqueue lockup", "BUG: workqueue lockup", ""),
)

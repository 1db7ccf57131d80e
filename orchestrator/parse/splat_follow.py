# SPDX-License-Identifier: GPL-2.0-only
"""What follows from an earlier report: the panic it led to, what a broken task does on its way
out, what a dying kernel still says."""

from __future__ import annotations

import re

from msgspec import Struct, field

from orchestrator.parse.splat_row import DEADLY

PANIC = re.compile(r"Kernel panic - not syncing(?:: (?P<reason>.*))?")


class Consequence(Struct, frozen=True):
    """Words of a line that say it comes from an earlier report.

    kinds: the reports it may follow from; empty: any. near: how close behind, in lines.
    """

    words: re.Pattern[str]
    kinds: frozenset[str] = field(default_factory=frozenset)
    near: int = 1000


FARTHEST = 1000  # lines; no row looks further back
_DEADLY = frozenset(DEADLY.split())

# Reasons of panics that say only that a report was deadly (kernel/panic.c, its callers).
REASONS = (
    Consequence(
        re.compile(
            r"Fatal exception|Fatal error|Machine halted|Oops|panic_on_|\S+: panic_on_warn"
            r"|k[a-z]+(?:\.fault=|\.)panic|kasan|kernel: panic_on_|KFENCE: panic"
            r"|scheduling while atomic|\S+ stack guard hit|[Kk]ernel stack overflow"
            r"|softlockup: hung tasks|hung_task: blocked tasks|workqueue: .{0,40}stall"
            r"|Asynchronous SError|Unhandled exception|bad mode|Corrupt kernel stack"
            r"|[Hh]ard LOCKUP|RCU Stall|Aiee, killing interrupt|invalid or fatal FRED"
        )
    ),
    # Without an Oops before it, init simply exited: a report of its own.
    Consequence(re.compile(r"Attempted to kill (?:init|the idle)"), _DEADLY, 200),
    Consequence(re.compile(r"Out of memory|System is deadlocked on memory"), frozenset({"oom"})),
)

# What a task that oopsed leaves behind or trips over in do_exit() (kernel/exit.c,
# make_task_dead()): it holds locks, it is in atomic context.
AFTERMATH = (
    Consequence(
        re.compile(
            r"WARNING: .{0,60}kernel/(?:exit|rcu/tree_plugin|rcu/srcutree)\.\w:\d+ "
            r"|WARNING: .{0,120}\b(?:do_exit|make_task_dead|rcu_note_context_switch)\+0x"
            r"|BUG: (?:sleeping function called|scheduling while atomic)"
            r"|(?:WARNING|BUG): \S+ still has locks held"
        ),
        _DEADLY,
        200,
    ),
)


def follows(rows: tuple[Consequence, ...], words: str, kind: str, lines: int) -> bool:
    """Do these words come from a report of that kind, so many lines before?"""
    return any(
        row.words.match(words) and lines <= row.near and (not row.kinds or kind in row.kinds)
        for row in rows
    )

# SPDX-License-Identifier: GPL-2.0-only
"""Rows: locks and contexts (kernel/locking, kernel/sched/core.c, lib/smp_processor_id.c)."""

from __future__ import annotations

from orchestrator.parse.splat_row import row

_HEAD = r"(?:\[ )?(?:INFO|WARNING|BUG): "

# What lockdep prints behind its head → (title, sources).
_LOCKDEP = (
    (r"possible circular locking dep", "possible deadlock", "lock trace frames"),
    (
        r"(?:possible recursive locking|chain_key collision)",
        "possible deadlock",
        "lock trace",
    ),
    (
        r"(?:possible irq lock inversion|[\w-]+-safe -> [\w-]+-unsafe lock order)",
        "possible deadlock",
        "lock trace",
    ),
    (r"inconsistent lock state", "inconsistent lock state", "lock trace"),
    (r"suspicious RCU usage", "suspicious RCU usage", "trace"),
    (r"bad unlock balance detected", "bad unlock balance", "lock trace"),
    (r"bad contention detected", "bad contention", "lock trace"),
    (r"held lock freed", "held lock freed", "lock trace"),
    (r"\S+ still has locks held", "still has locks held", "lock trace"),
    (
        r"lock held when returning to user",
        "lock held when returning to user space",
        "lock trace",
    ),
    (r"Nested lock was not taken", "nested lock was not taken", "trace"),
    (r"Invalid wait context", "invalid wait context", "trace"),
)

LOCKS = (
    *(row("lockdep", _HEAD + words, title, sources) for words, title, sources in _LOCKDEP),
    row("lockdep", r"INFO: trying to register non-static key", "non-static lock key", "trace"),
    row(
        "lockdep",
        r"(?:\S+:\d+ )?suspicious rcu_dereference_\w+\(\) usage",
        "suspicious RCU usage",
        "trace",
        "lockdep",
    ),
    row(
        "lockdep",
        r"BUG: (?:MAX_LOCK(?:DEP_\w+|_DEPTH)|MAX_STACK_TRACE_ENTRIES) too low",
        "lockdep limit reached",
        "trace",
    ),
    row("lockdep", r"BUG: looking up invalid subclass", "invalid lock subclass", "trace"),
    row("lockdep", r"BUG: key \S+ has not been registered", "unregistered lock key", "trace"),
    row(
        "lockdep",
        r"BUG: (?P<what>(?:raw_)?(?:spin|rw|rt_)?(?:lock|mutex)[\w ]*?) on CPU",
        "BUG: {what}",
        "trace",
    ),
    row("lockdep", r"BUG: spinlock (?P<what>[\w ]+)", "BUG: spinlock {what}", "trace"),
    row(
        "lockdep",
        r"BUG: using (?P<what>\w+\(\)) in preemptible",
        "BUG: using {what} in preemptible code",
        "trace",
    ),
    row(
        "lockdep",
        r"BUG: workqueue leaked (?:lock|atomic)",
        "BUG: workqueue leaked lock or atomic",
        "",
    ),
    row("lockdep", r"DEBUG_LOCKS_WARN_ON\(", "WARNING: locking bug", "trace", "WARNING lockdep", 8),
    row(
        "lockdep",
        r"WARNING: (?:CPU: \d+ PID: \d+ at )?\S*kernel/(?:locking/)?lockdep\.c:\d+ ",
        "WARNING: locking bug",
        "trace",
        "lockdep",
        8,
    ),
    row(
        "atomic-sleep",
        r"BUG: sleeping function called from invalid context",
        "BUG: sleeping function called from invalid context",
        "trace",
    ),
    row(
        "atomic-sleep",
        r"BUG: (?P<what>scheduling (?:while atomic|in a non-blocking section)"
        r"|assuming (?:non migratable|atomic) context)",
        "BUG: {what}",
        "trace",
    ),
)

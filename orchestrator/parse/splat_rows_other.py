# SPDX-License-Identifier: GPL-2.0-only
"""Rows: assertions, memory management, panics, and last what no other row knows."""

from __future__ import annotations

from orchestrator.parse.splat_row import FUNC, row

_SAID_BEFORE = "refcount lockdep BUG WARNING"

ASSERTIONS = (
    row(
        "BUG",
        r"list_(?:add|del)(?: double add|\S*)? corruption",
        "corrupted list",
        "ip trace",
        "WARNING",
        8,
    ),
    row("refcount", r"refcount_t: ", "refcount bug", "trace", "WARNING refcount", 8),
    row("BUG", r"usercopy: Kernel memory ", "bad usercopy", "trace"),
    row("WARNING", r"ODEBUG: ", "ODEBUG bug", "trace", "WARNING", 8),
    row("BUG", r"rust_kernel: panicked at ", "rust panic", "trace"),
    row("BUG", r"kernel BUG at |BUG: failure at ", "kernel BUG", after="BUG", near=16),
    row(
        "refcount",
        r"WARNING: (?:CPU: \d+ PID: \d+ at )?lib/refcount\.c:\d+ ",
        "refcount bug",
        "trace",
        "refcount",
        8,
    ),
    row(
        "WARNING",
        r"WARNING: CPU: \d+ (?:UID: \d+ )?PID: \d+ at (?P<file>[^\s:]+:\d+)? ?(?:" + FUNC + r")?",
        "WARNING",
        "line ip trace",
        _SAID_BEFORE,
        8,
    ),
    row(
        "WARNING",
        r"WARNING: (?:(?P<file>\S+:\d+) )?at (?:" + FUNC + r"|\S+).{0,60}, CPU#\d+: ",
        "WARNING",
        "line ip trace",
        _SAID_BEFORE,
        8,
    ),
    row(
        "WARNING",
        r"WARNING: at (?P<file>\S+:\d+)(?: " + FUNC + r")?",
        "WARNING",
        "line ip trace",
        _SAID_BEFORE,
        8,
    ),
    row("BUG", r"CFI failure at " + FUNC, "CFI failure", "line trace", "WARNING", 8),
)

OTHER = (
    row(
        "BUG",
        r"BUG: Bad (?P<what>page state|page map|rss-counter state|page cache) ?(?!: \d)",
        "BUG: Bad {what}",
        "trace",
    ),
    row(
        "BUG",
        r"BUG \S+ \((?:Not t|T)ainted.*?\): (?P<what>.{1,60})",
        "BUG in slab: {what}",
        "trace",
    ),
    row("BUG", r"BUG: Dentry ", "BUG: Dentry still in use", "trace"),
    row("oom", r"(?!\S+\[\d+\]: ).{1,15} invoked oom-killer: ", "out of memory", ""),
    row(
        "oom",
        r"(?:Memory cgroup o|O)ut of memory(?:: Kill| and no killable)",
        "out of memory",
        "",
        "oom",
        400,
    ),
    row(
        "other",
        r"unregister_netdevice: waiting for ",
        "unregister_netdevice: waiting for DEV to become free",
        "",
    ),
    row("other", r"INFO: (?P<what>Allocated|Freed) in (?P<func>[\w.]+)", "INFO: {what} in", "line"),
    row(
        "WARNING",
        r"WARNING: kernel stack (?P<what>regs|frame pointer) ",
        "WARNING: kernel stack {what} has bad value",
        "",
    ),
)

CATCH_ALL = (
    row("BUG", r"BUG: (?P<what>.{1,100})", "BUG: {what}", "ip trace", "*", 3, proof="stamp"),
    row("WARNING", r"WARNING: (?P<what>.{1,100})", "WARNING: {what}", "", "*", 3, proof="trace"),
    row(
        "panic",
        r"Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: "
        r"(?:[0-9a-f]{8,16}$|" + FUNC + ")",
        "kernel panic: stack is corrupted",
        "line trace",
    ),
    row(
        "stack-overflow",
        r"Kernel panic - not syncing: (?:[Kk]ernel stack overflow|\S+ stack guard hit)",
        "kernel panic: stack overflow",
        "ip stall",
    ),
    row(
        "panic",
        r"Kernel panic - not syncing: (?P<what>corrupted (?:shadow )?stack end)",
        "kernel panic: {what}",
        "stall trace",
    ),
    row("panic", r"Kernel panic - not syncing: (?P<what>.{1,120})", "kernel panic: {what}", ""),
    row("panic", r"Kernel panic - not syncing", "kernel panic", ""),
)

# SPDX-License-Identifier: GPL-2.0-only
"""The rule table of kernel reports: how each kind starts, is titled, and names its function.

A rule is a row; to know a new report, add one. Patterns are matched at the start of a line
without its prefix, so text that only quotes a report further in is none. The first row that
matches wins.

title: a format string over the pattern's named groups, numbers and addresses made NUM and
ADDR. sources: where to look for the guilty function, in this order (see splat_frames.py):
    line   the pattern's group "func"
    named  the same, even if it is one that is never guilty
    ip     the instruction pointer (RIP:, EIP:, pc :, NIP, ...)
    trace  the call traces
    lock   the "at: function" behind the lock that lockdep is about
    stall  the trace's frame just below the dispatcher that called it (chance decides the rest)
    frames the first frames in the report, where it has no "Call Trace:"
after: kinds that this line only elaborates on when it comes close behind a report of them;
"*" is any kind. near: how close, in lines. stamped: only counts on a line that has a kernel
prefix, as the same words come from user space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FUNC = r"(?P<func>[\w.$:<>]+)\+0x"
_AT = rf"(?:{_FUNC}|(?P<bare>\S+))"


@dataclass(frozen=True)
class Rule:
    """One row of the table; see the module's docstring."""

    kind: str
    pattern: re.Pattern[str]
    title: str
    sources: tuple[str, ...] = ("ip", "trace")
    after: frozenset[str] = field(default_factory=frozenset)
    near: int = 40
    stamped: bool = False


def _rule(
    kind: str,
    pattern: str,
    title: str,
    sources: str = "ip trace",
    after: str = "",
    near: int = 40,
    *,
    stamped: bool = False,
) -> Rule:
    return Rule(
        kind,
        re.compile(pattern),
        title,
        tuple(sources.split()),
        frozenset(after.split()),
        near,
        stamped,
    )


@dataclass(frozen=True)
class Consequence:
    """A panic that says only that an earlier report was deadly (kernel/panic.c, its callers).

    kinds: the reports it may follow from; empty: any. near: how close behind, in lines.
    """

    reason: re.Pattern[str]
    kinds: frozenset[str] = field(default_factory=frozenset)
    near: int = 1000


_DEADLY = "BUG page-fault null-deref gpf oops divide-error KASAN UBSAN stack-overflow KFENCE panic"
CONSEQUENCES = (
    Consequence(
        re.compile(
            r"Fatal exception|Fatal error|Machine halted|Oops|kasan|panic_on_|\S+: panic_on_warn"
            r"|kernel: panic_on_|KFENCE: panic|scheduling while atomic|\S+ stack guard hit"
            r"|kernel stack overflow|softlockup: hung tasks|hung_task: blocked tasks"
            r"|[Hh]ard LOCKUP|RCU Stall|Aiee, killing interrupt"
        )
    ),
    # Without an Oops before it, init simply exited: a report of its own.
    Consequence(
        re.compile(r"Attempted to kill (?:init|the idle)"), frozenset(_DEADLY.split()), 200
    ),
    Consequence(re.compile(r"Out of memory|System is deadlocked on memory"), frozenset({"oom"})),
)
# From here on nothing of what the kernel says is news: it is dying.
PANIC = re.compile(r"Kernel panic - not syncing(?:: (?P<reason>.*))?")

_LOCKDEP_HEAD = r"(?:\[ )?(?:INFO|WARNING|BUG): "

RULES: tuple[Rule, ...] = (
    # --- sanitizers -------------------------------------------------------------------------
    _rule(
        "KASAN",
        rf"BUG: KASAN: (?P<what>double-free or invalid-free|[\w-]+|Double free) (?:in|on) {_AT}",
        "KASAN: {what}",
        "line trace",
    ),
    _rule("KASAN", r"BUG: KASAN: ", "KASAN: corrupted report", "trace"),
    _rule(
        "KASAN", r"BUG: KASan: (?P<what>[\w -]+?) (?:in|on) " + _AT, "KASAN: {what}", "line trace"
    ),
    _rule(
        "KCSAN",
        rf"BUG: KCSAN: (?P<what>[\w-]+) in {_AT}",
        "KCSAN: {what}",
        "named",
    ),
    _rule("KMSAN", rf"BUG: KMSAN: (?P<what>[\w-]+) in {_AT}", "KMSAN: {what}", "line frames"),
    _rule(
        "KFENCE",
        rf"BUG: KFENCE: (?P<what>[\w -]+?) in {_AT}",
        "KFENCE: {what}",
        "line frames",
    ),
    _rule("UBSAN", r"UBSAN: (?P<what>[\w -]+?) in ", "UBSAN: {what}", "trace"),
    _rule("memory-leak", r"BUG: memory leak", "memory leak", "frames"),
    _rule("memory-leak", r"unreferenced object 0x", "memory leak", "frames", "memory-leak", 3),
    _rule("memory-leak", r"kmemleak: \d+ new suspected memory leaks", "memory leak", ""),
    # --- locks ------------------------------------------------------------------------------
    _rule(
        "lockdep",
        _LOCKDEP_HEAD + r"possible circular locking dep",
        "possible deadlock",
        "lock trace",
    ),
    _rule(
        "lockdep",
        _LOCKDEP_HEAD + r"(?:possible recursive locking|chain_key collision)",
        "possible deadlock",
        "lock trace",
    ),
    _rule(
        "lockdep",
        _LOCKDEP_HEAD + r"(?:possible irq lock inversion|[\w-]+-safe -> [\w-]+-unsafe lock order)",
        "possible deadlock",
        "lock trace",
    ),
    _rule(
        "lockdep",
        _LOCKDEP_HEAD + r"inconsistent lock state",
        "inconsistent lock state",
        "lock trace",
    ),
    _rule("lockdep", _LOCKDEP_HEAD + r"suspicious RCU usage", "suspicious RCU usage", "trace"),
    _rule(
        "lockdep",
        r"(?:\S+:\d+ )?suspicious rcu_dereference_\w+\(\) usage",
        "suspicious RCU usage",
        "trace",
        "lockdep",
    ),
    _rule(
        "lockdep",
        _LOCKDEP_HEAD + r"bad unlock balance detected",
        "bad unlock balance",
        "lock trace",
    ),
    _rule("lockdep", _LOCKDEP_HEAD + r"bad contention detected", "bad contention", "lock trace"),
    _rule("lockdep", _LOCKDEP_HEAD + r"held lock freed", "held lock freed", "lock trace"),
    _rule(
        "lockdep", _LOCKDEP_HEAD + r"\S+ still has locks held", "still has locks held", "lock trace"
    ),
    _rule(
        "lockdep",
        _LOCKDEP_HEAD + r"lock held when returning to user",
        "lock held when returning to user space",
        "lock trace",
    ),
    _rule(
        "lockdep",
        _LOCKDEP_HEAD + r"Nested lock was not taken",
        "nested lock was not taken",
        "trace",
    ),
    _rule("lockdep", _LOCKDEP_HEAD + r"Invalid wait context", "invalid wait context", "trace"),
    _rule("lockdep", r"INFO: trying to register non-static key", "non-static lock key", "trace"),
    _rule("lockdep", r"BUG: MAX_LOCK(?:DEP_\w+|_DEPTH) too low", "lockdep limit reached", "trace"),
    _rule(
        "lockdep",
        r"BUG: (?P<what>(?:raw_)?(?:spin|rw|rt_)?(?:lock|mutex)[\w ]*?) on CPU",
        "BUG: {what}",
        "trace",
    ),
    _rule("lockdep", r"BUG: spinlock (?P<what>[\w ]+)", "BUG: spinlock {what}", "trace"),
    _rule(
        "lockdep",
        r"BUG: using (?P<what>\w+\(\)) in preemptible",
        "BUG: using {what} in preemptible code",
        "trace",
    ),
    _rule(
        "lockdep",
        r"BUG: workqueue leaked (?:lock|atomic)",
        "BUG: workqueue leaked lock or atomic",
        "",
    ),
    _rule(
        "lockdep", r"DEBUG_LOCKS_WARN_ON\(", "WARNING: locking bug", "trace", "WARNING lockdep", 8
    ),
    # --- context ----------------------------------------------------------------------------
    _rule(
        "atomic-sleep",
        r"BUG: sleeping function called from invalid context",
        "BUG: sleeping function called from invalid context",
        "trace",
    ),
    _rule("atomic-sleep", r"BUG: scheduling while atomic", "BUG: scheduling while atomic", "trace"),
    # --- stalls -----------------------------------------------------------------------------
    _rule("soft-lockup", r"(?:\w+ )?(?:watchdog: )?BUG: soft lockup", "BUG: soft lockup", "stall"),
    _rule(
        "hard-lockup",
        r"(?:NMI )?(?:watchdog: )?(?:CPU ?\d+:? )?(?:Watchdog |self-)detected hard LOCKUP",
        "hard LOCKUP",
        "stall",
    ),
    _rule(
        "rcu-stall",
        r"(?:rcu: )?(?:INFO: )?\S+ (?:self-)?detected (?:expedited )?stalls?\b",
        "rcu stall",
        "stall",
        "rcu-stall",
        3,
    ),
    _rule(
        "hang",
        r"INFO: task .{1,80}? blocked (?:for|in I/O wait for) more than",
        "task hung",
        "trace",
    ),
    _rule(
        "hang", r"INFO: task .{1,80}? (?:is |<\w+> )?blocked on ", "task hung", "trace", "hang", 12
    ),
    _rule("hang", r"INFO: task .{1,80}? can't die for more than", "task can't die", "trace"),
    _rule("hang", r"BUG: workqueue lockup", "BUG: workqueue lockup", ""),
    # --- memory the kernel may not touch ------------------------------------------------------
    _rule(
        "stack-overflow",
        r"BUG: (?:\S+ )?stack guard page was hit",
        "BUG: stack guard page was hit",
        "stall",
    ),
    _rule(
        "stack-overflow", r"(?:BUG: IRQ|Insufficient) stack (?:overflow|space)", "stack overflow"
    ),
    _rule(
        "null-deref",
        r"(?:BUG: |\w+: )?[Uu]nable to handle (?:kernel )?NULL pointer dereference",
        "NULL pointer dereference",
    ),
    _rule("null-deref", r"BUG: kernel NULL pointer dereference", "NULL pointer dereference"),
    _rule(
        "page-fault",
        r"(?:BUG: )?[Uu]nable to handle (?:kernel )?"
        r"(?:paging request|page fault|access|unknown|write|read|execute)",
        "unable to handle kernel paging request",
    ),
    _rule("page-fault", r"BUG: [Uu]nable to handle ", "unable to handle kernel paging request"),
    _rule(
        "gpf",
        r"(?:Oops: )?(?:segment-related )?general protection fault(?:,|:| maybe| for|$)",
        "general protection fault",
        after="KASAN",
    ),
    _rule("divide-error", r"(?:Oops: )?divide[_ ]error: ", "divide error"),
    _rule("oops", r"(?:traps: )?PANIC: double fault", "PANIC: double fault"),
    _rule("oops", r"Unhandled fault: ", "Unhandled fault"),
    _rule("oops", r"Internal error: ", "Internal error", after=_DEADLY),
    _rule(
        "oops",
        r"(?:Oops|invalid opcode|int3|traps|stack segment): .*\[#\d+\]",
        "Oops",
        after=_DEADLY,
    ),
    _rule("oops", r"Oops(?: - [\w ]+)? \[#\d+\]", "Oops", after=_DEADLY),
    # --- assertions ---------------------------------------------------------------------------
    _rule(
        "BUG",
        r"list_(?:add|del)(?: double add|\S*)? corruption",
        "corrupted list",
        "ip trace",
        "WARNING",
        8,
    ),
    _rule("refcount", r"refcount_t: ", "refcount bug", "trace", "WARNING", 8),
    _rule("BUG", r"usercopy: ", "bad usercopy", "trace"),
    _rule("WARNING", r"ODEBUG: ", "ODEBUG bug", "trace", "WARNING", 8),
    _rule("BUG", r"rust_kernel: panicked at ", "rust panic", "trace"),
    _rule("BUG", r"kernel BUG at ", "kernel BUG", after="BUG", near=16),
    _rule(
        "refcount",
        r"WARNING: (?:CPU: \d+ PID: \d+ at )?lib/refcount\.c:\d+ ",
        "refcount bug",
        "trace",
        "refcount",
        8,
    ),
    _rule(
        "lockdep",
        r"WARNING: (?:CPU: \d+ PID: \d+ at )?\S*kernel/(?:locking/)?lockdep\.c:\d+ ",
        "WARNING: locking bug",
        "trace",
        "lockdep",
        8,
    ),
    _rule(
        "WARNING",
        r"WARNING: CPU: \d+ PID: \d+ at (?P<file>[^\s:]+:\d+)? ?(?:" + _FUNC + r")?",
        "WARNING",
        "line ip trace",
        "refcount lockdep BUG WARNING",
        8,
    ),
    _rule(
        "WARNING",
        r"WARNING: (?:(?P<file>\S+:\d+) )?at (?:" + _FUNC + r"|\S+).{0,60}, CPU#\d+: ",
        "WARNING",
        "line ip trace",
        "refcount lockdep BUG WARNING",
        8,
    ),
    _rule(
        "WARNING",
        r"WARNING: at (?P<file>\S+:\d+)(?: " + _FUNC + r")?",
        "WARNING",
        "line ip trace",
        "refcount lockdep BUG WARNING",
        8,
    ),
    _rule("BUG", r"CFI failure at " + _FUNC, "CFI failure", "line trace", "WARNING", 8),
    # --- memory management and the rest ---------------------------------------------------------
    _rule(
        "BUG",
        r"BUG: Bad (?P<what>page state|page map|rss-counter state|page cache)",
        "BUG: Bad {what}",
        "trace",
    ),
    _rule(
        "BUG",
        r"BUG \S+ \((?:Not t|T)ainted.*?\): (?P<what>.{1,60})",
        "BUG in slab: {what}",
        "trace",
    ),
    _rule("BUG", r"BUG: Dentry ", "BUG: Dentry still in use", "trace"),
    _rule("oom", r"(?!\S+\[\d+\]: ).{1,15} invoked oom-killer: ", "out of memory", ""),
    _rule(
        "oom",
        r"(?:Memory cgroup o|O)ut of memory(?:: Kill| and no killable)",
        "out of memory",
        "",
        "oom",
        400,
    ),
    _rule(
        "other",
        r"unregister_netdevice: waiting for ",
        "unregister_netdevice: waiting for DEV to become free",
        "",
    ),
    _rule(
        "other", r"INFO: (?P<what>Allocated|Freed) in (?P<func>[\w.]+)", "INFO: {what} in", "line"
    ),
    _rule(
        "WARNING",
        r"WARNING: kernel stack (?P<what>regs|frame pointer) ",
        "WARNING: kernel stack {what} has bad value",
        "",
    ),
    _rule("BUG", r"BUG: (?P<what>.{1,100})", "BUG: {what}", "ip trace", "*", 3),
    _rule("WARNING", r"WARNING: (?P<what>.{1,100})", "WARNING: {what}", "", "*", 3, stamped=True),
    _rule(
        "stack-overflow",
        r"Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: "
        r"(?:[0-9a-f]{8,16}$|" + _FUNC + ")",
        "kernel panic: stack is corrupted",
        "line trace",
    ),
    _rule(
        "stack-overflow",
        r"Kernel panic - not syncing: (?:corrupted stack end|stack-protector)",
        "kernel panic: stack is corrupted",
        "stall trace",
    ),
    _rule("panic", r"Kernel panic - not syncing: (?P<what>.{1,120})", "kernel panic: {what}", ""),
    _rule("panic", r"Kernel panic - not syncing", "kernel panic", ""),
)

# Lines that look like a report and are none.
HARMLESS = re.compile(
    r"WARNING: (?:fbcon: |`|workqueue cpumask: |Support for |use of |.{0,20}(?i:deprecated))"
    r"|(?i:warning: `\S+' uses )"
)
# Cheap look before the table: no rule matches a line without one of these.
SIGNAL = re.compile(
    r"BUG|WARNING|INFO|KASA?N|UBSAN|kmemleak|unreferenced object|suspicious|DEBUG_LOCKS|LOCKUP|"
    r"stall|[Uu]nable to handle|general protection|divide error|double fault|Unhandled fault|"
    r"Internal error|Oops|\[#|corruption|refcount_t|usercopy|ODEBUG|rust_kernel|oom-killer|"
    r"ut of memory|unregister_netdevice|Kernel panic|stack overflow|stack space|"
    r"CFI failure|locks held"
)
# The machine started again: firmware (past its terminal escapes), then the kernel.
BOOT_BANNER = re.compile(
    r"(?:\x1b\S{0,20}?)*(?:SeaBIOS \(version |(?P<kernel>Linux version \d+\.\d+))"
)
REBOOT = Rule("reboot", BOOT_BANNER, "unexpected kernel reboot", ())
# A first line that says nothing about whether a kernel was running.
NOT_KERNEL = re.compile(
    r"\s*$|\x1b|qemu|EFI stub|early console|Decompressing|Booting|Probing EDD|\W*$"
)

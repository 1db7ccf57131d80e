# SPDX-License-Identifier: GPL-2.0-only
"""What the corpus's headers say should be found, in the words of `orchestrate parse dmesg`."""

from __future__ import annotations

import re
from dataclasses import dataclass

STALL_KINDS = frozenset({"hang", "rcu-stall", "soft-lockup", "hard-lockup"})
# Titles of what no kernel says: the fuzzer's own failures, Go's, another system's.
OUT_OF_SCOPE = re.compile(r"SYZFAIL|SYZFATAL|go runtime error|trusty:|panic: |fatal error: ")

# TITLE → the kinds it stands for; the first row that matches from its start. More than one kind
# where a title covers several formats of the kernel's.
KINDS: tuple[tuple[str, str], ...] = (
    (r"KASAN: ", "KASAN"),
    (r"KCSAN: ", "KCSAN"),
    (r"KMSAN: ", "KMSAN"),
    (r"KFENCE: ", "KFENCE"),
    (r"UBSAN: ", "UBSAN"),
    (r"memory leak", "memory-leak"),
    (r"WARNING: refcount bug", "refcount"),
    (r"(?:BUG: )?scheduling while atomic|BUG: sleeping function", "atomic-sleep"),
    (r"BUG: soft lockup", "soft-lockup"),
    (r".*(?:hard LOCKUP|detected hard)", "hard-lockup"),
    (r"INFO: (?:rcu|RCU).* stall", "rcu-stall"),
    (r"INFO: task (?:hung|can't die)|BUG: workqueue lockup", "hang"),
    (r"possible deadlock|inconsistent lock state|.*suspicious RCU", "lockdep"),
    (r"(?:BUG|WARNING|INFO): (?:bad unlock|still has locks|held lock|lock held)", "lockdep"),
    (r"(?:BUG|WARNING|INFO): (?:nested lock|locking bug|possible |trying to reg)", "lockdep"),
    (r"BUG: (?:spinlock|rwlock|MAX_LOCK|using |workqueue leaked|Invalid wait)", "lockdep"),
    (r"BUG: .*stack (?:guard page|overflow)|kernel stack overflow", "stack-overflow"),
    (r"BUG: .*NULL pointer dereference", "null-deref"),
    (r"BUG: (?:unable to handle|bad access)", "page-fault"),
    (r"general protection fault", "gpf"),
    (r"divide error", "divide-error"),
    (r"PANIC: double fault|Unhandled fault|Internal error|Oops|invalid opcode|unaligned", "oops"),
    (r"kernel panic: ", "panic"),
    (r"out of memory", "oom"),
    (r"unexpected kernel reboot", "reboot"),
    (r"lost connection", "lost-connection"),
    (r"unregister_netdevice|INFO: |.* with overflow in", "other BUG"),
    (r"WARNING", "WARNING"),
    (r"kernel BUG|BUG", "BUG"),
)


@dataclass(frozen=True)
class Expected:
    """kinds: any of them is right. function: "" where none is to be compared."""

    kinds: frozenset[str]
    function: str

    @property
    def stall(self) -> bool:
        return bool(self.kinds & STALL_KINDS)


def split_headers(text: bytes) -> tuple[dict[str, str], bytes]:
    """(headers, log): the log without an extracted report behind it."""
    head, _, rest = text.partition(b"\n\n")
    log = rest.partition(b"\nREPORT:\n")[0]
    lines = head.decode(errors="replace").splitlines()
    pairs = (line.partition(": ") for line in lines if not line.startswith("#"))
    headers: dict[str, str] = {}
    for key, _, value in pairs:
        headers.setdefault(key, value.strip())
    return headers, log


def expected_of(headers: dict[str, str]) -> Expected | None:
    """None for a title out of scope. KeyError for one no row knows: add a row."""
    title = headers["TITLE"]
    if OUT_OF_SCOPE.match(title):
        return None
    for pattern, kinds in KINDS:
        if re.match(pattern, title):
            return Expected(frozenset(kinds.split()), _function(headers))
    raise KeyError(title)


def _function(headers: dict[str, str]) -> str:
    title = headers["TITLE"]
    named = headers.get("FRAME") or title.rpartition(" in ")[2] * (" in " in title)
    named = named.partition(" / ")[0]
    whole = re.fullmatch(r"[\w.<>:$ ]+", named)
    corrupted = headers.get("CORRUPTED") == "Y" or named == "corrupted"
    return named if whole and not corrupted else ""

# SPDX-License-Identifier: GPL-2.0-only
"""What a row of the rule table is.

title: a format string over the pattern's named groups, numbers and addresses made NUM and
ADDR. sources: where to look for the guilty function, in this order (see splat_guilty.py):
    line   the pattern's group "func"
    named  the same, even if it is one that is never guilty
    ip     the instruction pointer (RIP:, EIP:, pc :, NIP, Krnl PSW, ...)
    trace  the call traces
    lock   the "at: function" behind the lock that lockdep is about
    stall  the trace's frame just below the dispatcher that called it (chance decides the rest)
    frames the first frames in the report, where it has no "Call Trace:"
    leak   the same, and without functions that only hand out memory
after: kinds that this line only elaborates on when it comes close behind a report of them;
"*" is any kind. near: how close, in lines.
proof: what must be there besides the words, as user space prints the same: "trace" for
registers or a call trace close behind, "stamp" for either that or a kernel prefix.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

FUNC = r"(?P<func>[\w.$:<>]+)\+0x"
FUNC_OR_ADDRESS = rf"(?:{FUNC}|(?P<bare>\S+))"
# Reports after which the machine check, signal or number that ends them is no news.
DEADLY = "BUG page-fault null-deref gpf oops divide-error KASAN UBSAN stack-overflow KFENCE panic"


class Rule(Struct, frozen=True):
    """One row of the table; see the module's docstring."""

    kind: str
    pattern: re.Pattern[str]
    title: str
    sources: tuple[str, ...] = ("ip", "trace")
    after: frozenset[str] = field(default_factory=frozenset)
    near: int = 40
    proof: str = ""


def row(
    kind: str,
    pattern: str,
    title: str,
    sources: str = "ip trace",
    after: str = "",
    near: int = 40,
    *,
    proof: str = "",
) -> Rule:
    """A rule; sources and after are words with blanks between."""
    return Rule(
        kind,
        re.compile(pattern),
        title,
        tuple(sources.split()),
        frozenset(after.split()),
        near,
        proof,
    )

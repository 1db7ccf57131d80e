# SPDX-License-Identifier: GPL-2.0-only
"""Kernel log prefixes: what printk, the console and syslog put before a message.

Seen in the wild, alone or together (kernel/printk/printk.c, info_print_prefix(), and
syslog daemons): "<6>", "[   12.345678]", "[    T1]" or "[   C0]" in brackets of its own or
behind the time with a space or none, "Nov 23 12:00:00 host kernel:", "kern :info :".
"""

from __future__ import annotations

import re

_TIME = r"\[ *\d{1,9}\.\d{6}\]"
_CALLER = r"\[ *[TC]\d{1,8}\]"
_STAMP = rf"(?:{_TIME}(?: ?{_CALLER})?|{_CALLER})"
_DATE = (
    r"(?:[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d"
    r"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
)
_SYSLOG = rf"{_DATE} (?:(?:\S+ )?kernel:(?: |$))?"
_LEVEL = r"(?:<\d{1,3}>)?"
_FACILITY = r"[a-z]+ *:[a-z]+ *: "

_CALLER_ID = re.compile(r"\[ *([TC]\d{1,8})\]")

# One space after the stamp belongs to the prefix; any more is the message's own.
_PREFIX = re.compile(
    rf"(?:<\d{{1,3}}>)?(?:{_SYSLOG})?(?:{_FACILITY})?(?:<\d{{1,3}}>)?(?:{_STAMP} ?)?"
)
# Another program wrote to the same terminal and left its line open ("login: [  36.85] ...").
_MIDLINE = re.compile(rf"\S.{{0,60}}?{_TIME}(?: ?{_CALLER})? |\S{{1,64}} login: ")


def split_prefix(line: str) -> tuple[str, str]:
    """(caller, message): caller as printed, "T123" or "C0", or "" if the line has none."""
    message = strip_prefix(line)
    found = _CALLER_ID.search(line, 0, len(line) - len(message))
    return (found[1] if found else ""), message


def strip_prefix(line: str) -> str:
    """The message alone: no prefix, no line end; its own indentation is kept."""
    line = line.rstrip("\r\n")
    first = line[:1]
    if not first or first in " \t#":
        return line
    start = _prefix_length(line)
    return line[start:] if start else line


def _prefix_length(line: str) -> int:
    match = _PREFIX.match(line)
    if match and match.end():
        return match.end()
    match = _MIDLINE.match(line)
    return match.end() if match else 0

# SPDX-License-Identifier: GPL-2.0-only
"""The rule table of kernel reports: how each kind starts, is titled, and names its function.

A rule is a row in one of the splat_rows_*.py; to know a new report, add one. Patterns are
matched at the start of a line without its prefix, so text that only quotes a report further in
is none. The first row that matches wins.
"""

from __future__ import annotations

import re

from orchestrator.parse.splat_row import Rule
from orchestrator.parse.splat_rows_checkers import CHECKERS
from orchestrator.parse.splat_rows_faults import FAULTS
from orchestrator.parse.splat_rows_locks import LOCKS
from orchestrator.parse.splat_rows_other import ASSERTIONS, CATCH_ALL, OTHER
from orchestrator.parse.splat_rows_stalls import STALLS

RULES: tuple[Rule, ...] = (
    *CHECKERS,
    *LOCKS,
    *STALLS,
    *FAULTS,
    *ASSERTIONS,
    *OTHER,
    *CATCH_ALL,
)

# Lines that look like a report and are none: drivers and firmware checks that warn in words.
HARMLESS = re.compile(
    r"WARNING: (?:fbcon: |`|workqueue cpumask: |Support for |use of |.{0,20}(?i:deprecated))"
    r"|(?i:warning: `\S+' uses )"
)
# The machine started again: firmware (past its terminal escapes), then the kernel.
BOOT_BANNER = re.compile(
    r"(?:\x1b[^\s\x1b]{0,20}?)*(?:SeaBIOS \(version |(?P<kernel>Linux version \d+\.\d+))"
)
REBOOT = Rule("reboot", BOOT_BANNER, "unexpected kernel reboot", ())
# A first line that says nothing about whether a kernel was running.
NOT_KERNEL = re.compile(
    r"\s*$|\x1b|qemu|EFI stub|early console|Decompressing|Booting|Probing EDD|\W*$"
)

# One pattern of all rows finds the row; its groups are the row's number.
_ANY = re.compile(
    "|".join(
        f"(?P<row{number}>{re.sub(r'[(][?]P<[a-z]+>', '(?:', rule.pattern.pattern)})"
        for number, rule in enumerate(RULES)
    )
)


def first_match(text: str, start: int = 0) -> tuple[Rule, re.Match[str]] | None:
    """The first row from `start` on that matches at the start of a message."""
    if start == 0:
        found = _ANY.match(text)
        if found is None or found.lastgroup is None:
            return None
        start = int(found.lastgroup.removeprefix("row"))
    for rule in RULES[start:]:
        match = rule.pattern.match(text)
        if match is not None:
            return rule, match
    return None


def number_of(rule: Rule) -> int:
    """A row's place in the table."""
    return _NUMBERS[id(rule)]


_NUMBERS = {id(rule): number for number, rule in enumerate(RULES)}

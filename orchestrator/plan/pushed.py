# SPDX-License-Identifier: GPL-2.0-only
"""What git tells a pre-push hook, read."""

from __future__ import annotations

from orchestrator.model.errors import UsageError
from orchestrator.model.hooks import PushedRange, PushedRef

_HEX = frozenset("0123456789abcdef")
_LENGTHS = (40, 64)  # SHA-1, SHA-256


def read_refs(text: str) -> tuple[PushedRef, ...]:
    """Lines "LOCAL-REF NEW REMOTE-REF OLD". LOCAL-REF may be an expression with blanks in it, such
    as HEAD@{1 day ago}; the others have none. Raises UsageError."""
    found = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        parts = line.rsplit(" ", 3)
        if len(parts) != 4 or not (is_name(parts[1]) and is_name(parts[3])):
            raise UsageError(
                f"no line of a pre-push hook: {line[:200]!r}",
                "git calls this; by hand: git push, or orchestrate presubmit",
            )
        local, new, remote, old = parts
        found.append(PushedRef(local, _or_none(new), remote, _or_none(old)))
    return tuple(found)


def is_name(text: str) -> bool:
    """Is it an object's whole name, in hex?"""
    return len(text) in _LENGTHS and _HEX.issuperset(text)


def _or_none(name: str) -> str:
    return name if name.strip("0") else ""


def without_doubles(ranges: list[tuple[PushedRange, frozenset[str]]]) -> list[PushedRange]:
    """Ranges whose commits are all in another one's are checked there. Each comes with its
    commits; order stays."""
    kept: list[PushedRange] = []
    for at, (found, commits) in enumerate(ranges):
        others = [other for place, (_, other) in enumerate(ranges) if place != at]
        earlier = [other for _, other in ranges[:at]]
        if commits and (any(commits < other for other in others) or commits in earlier):
            continue
        same = [each for each, other in ranges if other and other <= commits]
        refs = tuple(dict.fromkeys(ref for each in same for ref in each.refs)) or found.refs
        kept.append(PushedRange(refs, found.base, found.head, found.commits, found.why,
                                found.unknown))  # fmt: skip
    return kept

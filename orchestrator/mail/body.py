# SPDX-License-Identifier: GPL-2.0-only
"""A mail's text → commit message, trailers and diff."""

from __future__ import annotations

import re

from msgspec import Struct

_START = re.compile(
    r"^(?:diff --git [^\n]+|diff (?:-\S+ )+[^\n]+|--- [^\n]+\n\+\+\+ )", re.MULTILINE
)
_INDEX = re.compile(r"(?:^Index: [^\n]+\n={20,}\n)\Z", re.MULTILINE)
_CUT = re.compile(r"^---[ \t]*$", re.MULTILINE)
_IN_BODY = re.compile(r"\A\s*((?:(?:From|Subject|Date):[ \t]*\S[^\n]*\n(?:[ \t][^\n]*\n)*)+)\n")
_TRAILER = re.compile(r"^(?:[A-Z][A-Za-z]*(?:-[A-Za-z]+)+|Fixes|Link|Closes|Cc|BugLink): ?\S")
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_SIGNATURE = re.compile(r"^-- ?\n", re.MULTILINE)


class Body(Struct, frozen=True):
    """in_body: what git-am(1) takes from the top of a body, "from" and "subject"."""

    message: str
    diff: str
    trailers: tuple[str, ...] = ()
    in_body: tuple[tuple[str, str], ...] = ()


def diff_start(text: str) -> int:
    """Where the diff's first line is; len(text) if there is none."""
    found = _START.search(text)
    return found.start() if found else len(text)


def parse_body(text: str) -> Body:
    """The diff keeps every character from its first line on."""
    start = diff_start(text)
    head = _INDEX.sub("", text[:start])
    if start == len(text):  # a cover letter or a reply: all is message
        return Body(_SIGNATURE.split(head)[0].strip("\n"), "")
    taken = _IN_BODY.match(head)
    in_body: tuple[tuple[str, str], ...] = ()
    if taken:
        head = head[taken.end() :]
        in_body = tuple(_field(line) for line in _unfolded(taken[1]))
    message = _CUT.split(head, maxsplit=1)[0].strip("\n")
    message, trailers = _trailers(message)
    return Body(message, text[start:], trailers, in_body)


def _unfolded(head: str) -> list[str]:
    return re.sub(r"\n[ \t]+", " ", head.strip("\n")).split("\n")


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


def _trailers(message: str) -> tuple[str, tuple[str, ...]]:
    """The last paragraph's "Word-by: ..." lines, and the message without them."""
    above, _, last = message.rpartition("\n\n")
    lines = last.split("\n")
    found = tuple(line.strip() for line in lines if _TRAILER.match(line))
    if not found:
        return message, ()
    kept = "\n".join(line for line in lines if not _TRAILER.match(line)).strip("\n")
    return "\n\n".join(part for part in (above, kept) if part), found


def breaks_off(diff: str) -> bool:
    """Does the text end inside a hunk, by the counts in the hunk's header?

    Holds for diffs that lost leading blanks, too: a line without a sign counts as context.
    """
    old = new = 0
    for line in diff.removesuffix("\n").split("\n"):
        header = _HUNK.match(line)
        if header:
            old, new = (int(count) if count else 1 for count in header.groups())
        elif (old > 0 or new > 0) and not line.startswith("\\"):
            old -= not line.startswith("+")
            new -= not line.startswith("-")
    return old > 0 or new > 0

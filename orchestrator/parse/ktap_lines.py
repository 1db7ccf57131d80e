# SPDX-License-Identifier: GPL-2.0-only
"""A log's KTAP documents as tokens, told apart from the log around them as the kernel's own
parser does it (tools/testing/kunit/kunit_parser.py, extract_tap_lines() and its patterns).

A document starts at a line that ends in a version, whatever stands before; that much is cut
from the lines after it. Looser than there: a prefix this project knows may change its width
(times and thread numbers grow), and a line without it is foreign, not cut all the same.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from orchestrator.parse.prefix import strip_prefix


class Kind(enum.Enum):
    """What the grammar knows of a line. OTHER: diagnostics and foreign lines."""

    VERSION = enum.auto()
    SUBTEST = enum.auto()
    PLAN = enum.auto()
    RESULT = enum.auto()
    OTHER = enum.auto()


class Token(NamedTuple):
    """One line, a tuple for speed. number: 1-based in the log. words: text of OTHER, name of
    SUBTEST, version with its "K" or without, planned count, or the name of RESULT, whose other
    parts follow.
    """

    kind: Kind
    number: int
    words: str
    good: bool = False  # "ok", not "not ok"
    position: str = ""  # the result's number
    directive: str = ""  # all after " # "
    margin: bool = False  # a version line without indentation: a document may begin


_VERSION_AT_END = re.compile(r"K?TAP version [0-9]+$")
_FIRST = frozenset("on1KT#")
_TOKEN = re.compile(
    r"(?:(?P<word>ok|not ok) (?P<position>[0-9]+) ?(?::?- )?(?P<name>[^#]*)(?: # (?P<more>.*))?$"
    r"|(?P<version>K?TAP version [0-9]+)$"
    r"|# Subtest: (?P<subtest>.*)$"
    r"|1\.\.(?P<plan>[0-9]+))"
)
# After these no test can report any more; the rest of such a log is a panic's.
_LAST_WORDS = (
    "List of all partitions:",
    "Kernel panic - not syncing: VFS:",
    "reboot: System halted",
)


def segments(lines: Iterable[str]) -> Iterator[list[Token]]:
    """Tokens from the first version line on, up to words after which no test can report.

    Behind those only a version line at the margin begins another segment.
    """
    prefix: _Prefix | None = None
    header: re.Match[str] | None = None
    tokens: list[Token] = []
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip()
        if prefix is None:
            header = _VERSION_AT_END.search(line)
            if header is None:
                continue
            prefix = _Prefix(line, header.start())
        elif tokens and any(words in line for words in _LAST_WORDS):
            yield tokens
            tokens = []
            continue
        token = prefix.token(line, number)
        if tokens or header is not None or token.margin:
            tokens.append(token)
        header = None
    if tokens:
        yield tokens


class _Prefix:
    """What stood before the version: a known prefix, and so many characters more."""

    def __init__(self, line: str, start: int) -> None:
        rest = strip_prefix(line)
        known = len(line) - len(rest)
        self._stamped = 0 < known <= start
        self._width = start - known if self._stamped else start
        # Found below the margin: the document's own version line is lost.
        self._inner = bool(re.search(r"(?:^|\s)\s$", line[start - self._width : start]))

    def token(self, line: str, number: int) -> Token:
        """One line read; what lacks the prefix is somebody else's and never KTAP."""
        text = self._cut(line)
        if text is None:
            return Token(Kind.OTHER, number, line)
        token = _read(text, number)
        if token.kind is Kind.VERSION and not self._inner and token.words == text:
            return token._replace(margin=True)
        return token

    def _cut(self, line: str) -> str | None:
        if not self._stamped:
            return line[self._width :]
        rest = strip_prefix(line)
        return rest[self._width :] if len(rest) < len(line) else None


def _read(text: str, number: int) -> Token:
    bare = text.lstrip()
    match = _TOKEN.match(bare) if bare[:1] in _FIRST else None
    if match is None:
        return Token(Kind.OTHER, number, text)
    if (word := match["word"]) is not None:
        good = word == "ok"
        more = match["more"] or ""
        return Token(Kind.RESULT, number, match["name"], good, match["position"], more)
    if (version := match["version"]) is not None:
        return Token(Kind.VERSION, number, version)
    if (subtest := match["subtest"]) is not None:
        return Token(Kind.SUBTEST, number, subtest)
    return Token(Kind.PLAN, number, match["plan"])

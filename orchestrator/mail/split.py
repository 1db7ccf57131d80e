# SPDX-License-Identifier: GPL-2.0-only
"""A file → the mails in it: mbox, or mails one behind the other."""

from __future__ import annotations

import re

# "From " lines as git-mailsplit(1) knows them: a sender, a time, a year; a header must follow,
# since the same words may stand at the start of a line of a commit message.
_FROM = re.compile(
    rb"^From \S[^\n]{0,200}?\d\d:\d\d[^\n]{0,40}?\d{4}[^\n]{0,20}\n(?=(?:[!-9;-~]{1,80}:|>From ))",
    re.MULTILINE,
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)  # mboxrd: one ">" more than there was
_FIELD = rb"[!-9;-~]{1,80}:[^\n]*\n(?:[ \t][^\n]*\n)*"
_HEADER = re.compile(rb"\A(?:" + _FIELD + rb")+(?:\r?\n|\Z)")
_BLOCK = re.compile(rb"(?:(?<=\n\n)|(?<=\n\r\n))(?:" + _FIELD + rb"){3,}(?=\r?\n)")
_KNOWN = re.compile(rb"^(?:from|subject|date|message-id|return-path|received):", re.I | re.M)


def split_mails(data: bytes) -> list[bytes]:
    """Each mail, from its header on; [] if the data does not begin with one."""
    starts = list(_FROM.finditer(data))
    if starts and not data[: starts[0].start()].strip():
        ends = [match.start() for match in starts[1:]] + [len(data)]
        raw = [data[match.end() : end] for match, end in zip(starts, ends, strict=True)]
        return [_QUOTED_FROM.sub(rb"\1", mail) for mail in raw]
    data = data.lstrip(b"\r\n")
    if not has_header(data):
        return []
    return _concatenated(data)


def has_header(data: bytes) -> bool:
    """Does it begin with mail fields? Two known ones must be there."""
    header = _HEADER.match(data)
    return header is not None and len(_KNOWN.findall(header[0])) >= 2


def _concatenated(data: bytes) -> list[bytes]:
    """`cat 0001.eml 0002.eml`: another header in the middle, not just in-body From: lines."""
    first = _HEADER.match(data)
    begin = first.end() if first else 0
    starts = [0]
    for match in _BLOCK.finditer(data, begin):
        names = {name.lower().rstrip(b":") for name in _KNOWN.findall(match[0])}
        in_body = not data[begin : match.start()].strip()
        if not in_body and {b"from", b"subject"} <= names and len(names) >= 3:
            starts.append(match.start())
            begin = match.end()
    return [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]

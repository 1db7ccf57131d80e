# SPDX-License-Identifier: GPL-2.0-only
"""A mail as a web archive's page shows it, in plain text: title, From:, Date:, body.

Archives differ in what stands above the body; what all have are these fields at the start of
a line, before the first line of the diff. Many lose every leading blank of the body.
"""

from __future__ import annotations

import re

from orchestrator.mail.body import diff_start
from orchestrator.mail.message import Mail
from orchestrator.mail.subject import parse_subject

_FIELD = re.compile(
    r"^[ \t]*(From|Date|Subject|Message-ID|Posted|Sent):?[ \t]*:[ \t]*(\S[^\n]*)$", re.I | re.M
)
_TITLE = re.compile(r"^[^\n\[]{0,60}(\[[^\]\n]*\b(?:PATCH|RFC)[^\]\n]*\][^\n]*)$", re.M)
_MAIL_START = re.compile(r"^\[[^\]\n]+\][^\n]+\n+From: [^\n]+\n+Date: [^\n]+\n", re.M)
_NEXT_MAIL = re.compile(r"^From:[ \t]+\S[^\n]*\n(?:[ \t]*\n)?(?:To|Cc|Date|Subject):", re.M)
_HEAD_CHARS = 20000


def is_page(text: str) -> bool:
    """A title with a [PATCH] tag or a Subject: above the diff, which itself has no tags."""
    head = text[: min(diff_start(text), _HEAD_CHARS)]
    return bool(_TITLE.search(head) or (_FIELD.search(head)))


def split_pages(text: str) -> list[str]:
    """Several pages, one behind the other, each beginning with its title."""
    starts = [match.start() for match in _MAIL_START.finditer(text)]
    starts = [0, *(start for start in starts if text[:start].strip())]
    return [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]


def read_page(text: str, notes: tuple[str, ...]) -> Mail:
    """The mail on one page."""
    start = diff_start(text)
    head = text[: min(start, _HEAD_CHARS)]
    fields: dict[str, str] = {}
    last = 0
    for match in _FIELD.finditer(head):
        name = match[1].lower()
        if name not in fields and match.start() <= last + 2000:
            fields[name] = match[2].strip()
            last = match.end()
    title = _TITLE.search(head)
    subject = fields.get("subject") or (title[1] if title else "")
    if title and not parse_subject(subject).is_patch:
        subject = title[1]
    begin = max(last, title.end() if title and not last else 0)
    return Mail(
        subject=subject.strip(),
        author=fields.get("from", ""),
        date=fields.get("date", fields.get("posted", fields.get("sent", ""))),
        message_id=fields.get("message-id", "").strip("<> "),
        text=text[begin:].lstrip("\n"),
        notes=notes,
    )


def holds_several(text: str) -> bool:
    """Is there another mail behind the first diff? A page that shows a whole thread has."""
    return bool(_NEXT_MAIL.search(text, diff_start(text)))

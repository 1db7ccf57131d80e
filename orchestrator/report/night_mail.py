# SPDX-License-Identifier: GPL-2.0-only
"""A judged night → a mail as kernel lists like it: a whole message, its text in night_mail_text."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from orchestrator.model.errors import UsageError
from orchestrator.model.night_told import ToldNight
from orchestrator.report.clean import clean
from orchestrator.report.night_mail_text import mail_text
from orchestrator.report.night_stories import stories, subject

SENDER = "orchestrate@localhost"


def night_mail(told: ToldNight, to: Sequence[str] = (), sender: str = SENDER) -> EmailMessage:
    """A whole message (RFC 5322): Date and Message-ID are the night's, so that one sent twice is
    one mail; nights of a matrix are a thread. UsageError for an address that is none."""
    night = told.judged.night
    found = stories(told)
    message = EmailMessage(policy=policy.default)
    source = address(sender)
    message["From"] = source
    if to:
        message["To"] = tuple(address(each) for each in to)
    message["Subject"] = _header(subject(told, found))
    message["Date"] = format_datetime(_when(night.ended_at or night.started_at))
    message["Message-ID"] = _message_id("night", night.id, source)
    thread = _message_id("matrix", night.matrix, source)
    last = told.judged.previous
    before = _message_id("night", last.id, source) if last else thread
    message["In-Reply-To"] = before
    message["References"] = f"{thread} {before}" if last else thread
    message["Auto-Submitted"] = "auto-generated"
    text = mail_text(told, found)
    message.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    return message


def address(text: str) -> Address:
    """ "who@example.org", "Who <who@example.org>". UsageError if it is neither, or two."""
    try:
        if clean(text) != text:
            raise ValueError(text)
        parsed = policy.default.header_factory("To", text)
        (found,) = parsed.addresses
        grouped = any(group.display_name is not None for group in parsed.groups)
        if grouped or parsed.defects or not (found.username and found.domain):
            raise ValueError(text)
    except (ValueError, IndexError, AttributeError) as error:
        raise UsageError(f"{clean(text)!r} is no mail address", "who@example.org") from error
    return Address(found.display_name, found.username, found.domain)


def _header(text: str) -> str:
    return clean(text).replace("\t", " ")


def _when(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return datetime.datetime.fromtimestamp(0, datetime.UTC)


def _message_id(kind: str, name: str, source: Address) -> str:
    digest = hashlib.sha256(f"{kind}\0{name}".encode(errors="surrogatepass")).hexdigest()
    return f"<{digest[:32]}.{kind}@{source.domain}>"

# SPDX-License-Identifier: GPL-2.0-only
"""RFC 5322 and MIME → Mail. The email package reads, and is not trusted to succeed."""

from __future__ import annotations

import email.header
import email.message
import email.parser
import email.policy
import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.mail import html_page
from orchestrator.mail.body import diff_start
from orchestrator.mail.charset import codec, decode, shown, unix_lines
from orchestrator.mail.flowed import unflow

_MIME_DEPTH = 20  # parts nested deeper are not looked into
_PATCH_TYPES = re.compile(r"text/|application/(?:octet-stream|x-(?:patch|diff)|mbox)")
_PATCH_FILE = re.compile(r".+\.(?:patch|diff|txt|eml|mbox)", re.IGNORECASE)
_LONGEST = 20000  # characters of a header field that are looked at
_MSGID = re.compile(r"<([^<>\s]+)>")


class Mail(Struct, frozen=True):
    """A mail's fields, decoded, and its text. attached: files that may hold patches."""

    text: str
    subject: str = ""
    author: str = ""
    date: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    attached: tuple[tuple[str, bytes], ...] = ()


def read_message(data: bytes) -> Mail:
    """A mail that begins with its header. Never raises: what can't be decoded stays as it is."""
    try:
        message = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(data)
    except RecursionError:
        message = email.message.Message()
        message.set_payload("")
    text, notes = _text(message)
    ids = _MSGID.findall(_header(message, "Message-ID"))
    parents = _MSGID.findall(_header(message, "In-Reply-To"))
    return Mail(
        text=text,
        subject=_header(message, "Subject"),
        author=_header(message, "From"),
        date=_header(message, "Date"),
        message_id=ids[0] if ids else "",
        in_reply_to=parents[0] if parents else "",
        references=tuple(_MSGID.findall(_header(message, "References"))),
        notes=notes,
        attached=tuple(_attached(message)),
    )


def from_attachment(mail: Mail, name: str, data: bytes) -> Mail:
    """mail with the diff of one of its attachments as its text."""
    clean, line_notes = unix_lines(data)
    text, notes = decode(clean, "")
    whole = f"{mail.text.rstrip()}\n\n{text}" if mail.text.strip() else text
    added = (f"attachment {shown(name)}", *line_notes, *notes)
    return replace(mail, text=whole, notes=mail.notes + added, attached=())


def _header(message: email.message.Message, name: str) -> str:
    """A field as one line. RFC 2047 words are decoded, damaged ones kept."""
    try:
        raw = str(message.get(name, ""))[:_LONGEST]
        pieces = email.header.decode_header(raw) if "=?" in raw else [(raw, None)]
    except (ValueError, LookupError, UnicodeError, IndexError):
        return shown(" ".join(str(message.get(name, "")).split()))
    words = []
    for piece, charset in pieces:
        if isinstance(piece, bytes):
            words.append(decode(piece, charset if charset and codec(charset) else "")[0])
        else:
            words.append(str(piece))
    return shown(" ".join("".join(words).split()))


def _parts(message: email.message.Message, depth: int = 0) -> Iterator[email.message.Message]:
    """Leaves, in order; what is a mail of its own (message/rfc822) is an attachment."""
    kind = message.get_content_type()
    if message.is_multipart() and kind != "message/rfc822" and depth < _MIME_DEPTH:
        for part in message.get_payload():
            if isinstance(part, email.message.Message):
                yield from _parts(part, depth + 1)
    else:
        yield message


def _payload(part: email.message.Message) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, UnicodeError, AssertionError):
        data = None
    if isinstance(data, bytes):
        return data
    raw = part.get_payload()
    return raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else b""


def _text(message: email.message.Message) -> tuple[str, tuple[str, ...]]:
    """The inline text: all text/plain parts; if there is none, the first text/html."""
    parts = [part for part in _parts(message) if not _is_attachment(part)]
    plain = [part for part in parts if part.get_content_type() == "text/plain"]
    rich = [part for part in parts if part.get_content_type() == "text/html"]
    read = [_read(part) for part in (plain or rich[:1])]
    return "\n".join(text for text, _ in read), tuple(note for _, notes in read for note in notes)


def _read(part: email.message.Message) -> tuple[str, tuple[str, ...]]:
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    notes: list[str] = [encoding] if encoding in ("quoted-printable", "base64") else []
    data, line_notes = unix_lines(_payload(part))
    text, charset_notes = decode(data, _param(part, "charset"))
    notes += [*line_notes, *charset_notes]
    if part.get_content_type() == "text/html":
        return html_page.page_text(text), (*notes, html_page.NOTE)
    if _param(part, "format").lower() == "flowed":
        unflowed, flow_notes = unflow(text, _param(part, "delsp").lower() == "yes")
        if diff_start(text) < len(text):
            return unflowed, (*notes, *flow_notes)
        return unflowed, tuple(notes)
    return text, tuple(notes)


def _param(part: email.message.Message, name: str) -> str:
    try:
        found = part.get_param(name, "")
    except (ValueError, LookupError, UnicodeError, TypeError):
        return ""
    return found.strip() if isinstance(found, str) else str(found[2]).strip() if found else ""


def _is_attachment(part: email.message.Message) -> bool:
    try:
        named = part.get_filename() or part.get_content_disposition() == "attachment"
    except (ValueError, LookupError, UnicodeError, TypeError):
        return True
    return bool(named) or part.get_content_type() == "message/rfc822"


def _attached(message: email.message.Message) -> Iterator[tuple[str, bytes]]:
    for part in _parts(message):
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            for one in inner if isinstance(inner, list) else ():
                if isinstance(one, email.message.Message):
                    yield "forwarded mail", _bytes(one)
        elif _is_attachment(part):
            name = _file_name(part)
            if _PATCH_TYPES.match(part.get_content_type()) or _PATCH_FILE.fullmatch(name):
                yield name or "without a name", _payload(part)


def _bytes(message: email.message.Message) -> bytes:
    try:
        return message.as_bytes()
    except (ValueError, LookupError, UnicodeError, TypeError, KeyError):
        return b""


def _file_name(part: email.message.Message) -> str:
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError, UnicodeError, TypeError):
        return ""

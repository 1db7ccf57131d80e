# SPDX-License-Identifier: GPL-2.0-only
"""What the user gave, as bytes → PatchSeries. The room's front door."""

from __future__ import annotations

from msgspec.structs import replace

from orchestrator.mail import archive_page, html_page
from orchestrator.mail.body import Body, breaks_off, diff_start, parse_body
from orchestrator.mail.charset import decode, shown, unix_lines
from orchestrator.mail.compressed import LIMIT_MIB, CutOff, unpack
from orchestrator.mail.message import Mail, from_attachment, read_message
from orchestrator.mail.series import Candidate, choose_series
from orchestrator.mail.split import has_header, split_mails
from orchestrator.mail.subject import parse_subject
from orchestrator.model.errors import PatchBroken, UsageError
from orchestrator.model.patch import PatchMail, PatchSeries

_FORWARDED_DEPTH = 3  # mails in mails
_MOST_MAILS = 10000  # the longest threads on the kernel's lists have some thousand


def read_series(
    data: bytes, origin: str, wanted: str = "", limit_mib: int = LIMIT_MIB
) -> PatchSeries:
    """The patches in data: a diff, mails, an mbox, an archive's page; gzip or not.

    origin: what the user named. wanted: the message-id that was asked for, of a patch or a
    cover letter among the mails. Raises UsageError if data is too large, PatchBroken if there
    is no patch in it, one of a series is missing, or it can't be told which patches are meant.
    """
    try:
        data = unpack(data, origin, limit_mib)
    except CutOff as error:
        raise PatchBroken(str(error), "fetch or save it again") from error
    mails = read_mails(data, origin)
    candidates = [_candidate(mail, _short(origin)) for mail in mails]
    if not any(one.patch.diff for one in candidates):
        raise PatchBroken(f"{origin}: no diff in it", _no_diff_hint(mails))
    return choose_series(candidates, origin, wanted)


def read_mails(data: bytes, origin: str, depth: int = 0) -> list[Mail]:
    """All mails in data, in its order; a bare diff is one without a header."""
    data = data.removeprefix(b"\xef\xbb\xbf")  # a byte order mark
    chunks = split_mails(data)
    if len(chunks) > _MOST_MAILS:
        raise UsageError(f"{origin} holds {len(chunks)} mails", "give the patches' own mails")
    if not chunks:
        return _without_header(data, origin)
    mails = []
    for chunk in chunks:
        mails += _with_attachments(read_message(chunk), origin, depth)
    return mails


def _with_attachments(mail: Mail, origin: str, depth: int) -> list[Mail]:
    """If the mail's own text has no diff, the patches are in its attachments."""
    if not mail.attached or diff_start(mail.text) < len(mail.text):
        return [mail]
    found: list[Mail] = []
    bare: list[tuple[str, bytes]] = []
    for name, data in mail.attached:
        if depth < _FORWARDED_DEPTH and (split_mails(data) or has_header(data)):
            found += read_mails(data, origin, depth + 1)
        elif b"\n--- " in data or data.startswith((b"--- ", b"diff ")):
            bare.append((name, data))
    if len(bare) == 1 and not found:
        return [from_attachment(mail, *bare[0])]
    nameless = replace(mail, text="", subject="")
    found += [
        replace(from_attachment(nameless, *one), subject=one[0], message_id="") for one in bare
    ]
    return [mail, *found]


def _without_header(data: bytes, origin: str) -> list[Mail]:
    is_html = html_page.is_html(data)
    clean, line_notes = unix_lines(data)
    text, charset_notes = decode(clean, "")
    notes = (*line_notes, *charset_notes)
    if is_html:
        text, notes = html_page.page_text(text), (*notes, html_page.NOTE)
    if not archive_page.is_page(text):
        return [Mail(text, notes=notes)]
    if is_html and archive_page.holds_several(text):
        raise PatchBroken(
            f"{origin}: the page shows several mails", "give the raw mail or the thread's mbox"
        )
    page_notes = (*notes, "a web archive's page")
    return [archive_page.read_page(page, page_notes) for page in archive_page.split_pages(text)]


def _candidate(mail: Mail, fallback: str) -> Candidate:
    body: Body = parse_body(mail.text)
    in_body = dict(body.in_body)
    subject = parse_subject(mail.subject)
    title = parse_subject(in_body["subject"]).title if "subject" in in_body else subject.title
    cut = ("the diff breaks off inside a hunk",) if breaks_off(body.diff) else ()
    patch = PatchMail(
        name=shown(title) or fallback,
        diff=body.diff,
        subject=shown(title),
        author=shown(in_body.get("from", mail.author)),
        date=mail.date,
        message_id=mail.message_id,
        body=shown(body.message),
        number=subject.number if subject.number is not None else 1,
        total=subject.total if subject.total is not None else 1,
        version=subject.version,
        trailers=tuple(shown(trailer) for trailer in body.trailers),
        notes=(*_once(mail.notes), *cut),
    )
    return Candidate(mail, subject, patch)


def _once(notes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notes))


def _short(origin: str) -> str:
    """A name for reports where a mail has no subject: the file's, without its folders."""
    return origin.rstrip("/").rpartition("/")[2] or origin


def _no_diff_hint(mails: list[Mail]) -> str:
    if any(">" in mail.text[:1] or "\n> diff --git" in mail.text for mail in mails):
        return "it is a reply that quotes a patch; give the patch itself"
    return "is it the right file? a diff begins with `diff --git` or `--- `"

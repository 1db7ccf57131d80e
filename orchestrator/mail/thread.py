# SPDX-License-Identifier: GPL-2.0-only
"""Threads through b4's library: versions, partial rerolls, cover letters, reply trailers.

b4 is given mails made anew from what was read (so nothing of theirs is parsed twice or
differently), and nothing it does here reaches the network or starts a process.
"""

from __future__ import annotations

import email.message
import email.policy
import logging
from typing import TYPE_CHECKING, Any

import b4
from msgspec.structs import replace

from orchestrator.mail.series import ONE_AT_A_TIME, Candidate
from orchestrator.mail.subject import Subject
from orchestrator.model.errors import PatchBroken
from orchestrator.model.patch import PatchMail

if TYPE_CHECKING:
    from collections.abc import Iterable

# b4 speaks through logging to its terminal user; what matters of it is said in notes here.
logging.getLogger("b4").addHandler(logging.NullHandler())
logging.getLogger("b4").propagate = False
b4.can_network = False  # else it asks lore for further reviews of each diff


def whole_version(
    members: list[Candidate], mails: list[Candidate], origin: str
) -> tuple[tuple[PatchMail, ...], str, tuple[str, ...]]:
    """(patches of the highest whole version, cover letter, notes). PatchBroken if none is."""
    box, known = _mailbox(members, mails)
    missing: dict[int, str] = {}
    for version in sorted(box.series, reverse=True):
        series = _series(box, version)
        if series is None or not series.complete:
            missing[version] = _missing(series, version)
            continue
        series.add_cover_trailers()
        patches = tuple(_patch(message, known) for message in series.patches[1:])
        cover = known.get(series.patches[0].msgid) if series.patches[0] else None
        notes = [f"left out: v{other}, {why}" for other, why in missing.items()]
        notes += [f"left out: v{other}, older" for other in sorted(box.series) if other < version]
        if series.partial_reroll:
            notes.append(f"v{version} replaces part of v{version - 1}; the rest is taken from it")
        return _numbered(patches, version), _cover_text(cover), tuple(notes)
    version, why = next(iter(missing.items()), (1, "nothing of it"))
    which = f"v{version}, " if version > 1 else ""
    raise PatchBroken(f"{origin}: {which}{why}", f"fetch the whole thread, or {ONE_AT_A_TIME}")


def with_reply_trailers(members: list[Candidate], mails: list[Candidate]) -> list[Candidate]:
    """The same patches, each with what replies to it in mails add."""
    found = []
    for one in members:
        box, known = _mailbox([one], mails)
        series = _series(box, next(iter(box.series), 1))
        message = series.patches[1] if series is not None and len(series.patches) > 1 else None
        found.append(replace(one, patch=_patch(message, known)) if message else one)
    return found


def _series(box: b4.LoreMailbox, version: int) -> Any:
    return box.get_series(version, codereview_trailers=False)


def _mailbox(
    members: list[Candidate], mails: list[Candidate]
) -> tuple[b4.LoreMailbox, dict[str, Candidate]]:
    """members, and of mails what has no patch of its own: replies and cover letters."""
    box = b4.LoreMailbox()
    known: dict[str, Candidate] = {}
    others = [one for one in mails if not one.is_member]
    for position, one in enumerate([*members, *others]):
        message_id = one.mail.message_id or f"{position}@without.message.id"
        if message_id in known:
            continue
        known[message_id] = one
        box.add_message(_message(one, message_id))
    for message in box.msgid_map.values():
        # b4 would start `git patch-id` for each; patchwork's hash tells diffs apart as well.
        message._git_patch_id = message.pwhash or ""
    return box, known


def _message(one: Candidate, message_id: str) -> email.message.EmailMessage:
    """The mail as b4 wants it: decoded fields, an 8-bit UTF-8 body."""
    # compat32: the default policy parses fields, and raises on what mails really contain.
    message = email.message.EmailMessage(policy=email.policy.compat32)
    fields = {
        "Subject": _subject(one.subject),
        "From": one.mail.author,
        "Date": one.mail.date,
        "Message-Id": f"<{message_id}>",
        "In-Reply-To": f"<{one.mail.in_reply_to}>" if one.mail.in_reply_to else "",
        "References": " ".join(f"<{parent}>" for parent in one.mail.references),
    }
    for name, value in fields.items():
        if value:
            message[name] = value
    message["Content-Transfer-Encoding"] = "8bit"
    body = one.mail.text.encode("utf-8", "surrogateescape")
    message.set_payload(body.decode("ascii", "surrogateescape"))
    return message


def _subject(subject: Subject) -> str:
    """As mail/subject.py understood it, so that b4 can't understand it otherwise."""
    tags = ["PATCH"] if subject.is_patch or subject.number is not None else []
    tags += [f"v{subject.version}"] if subject.version > 1 else []
    tags += [f"{subject.number}/{subject.total}"] if subject.number is not None else []
    title = subject.title.replace("[", "(").replace("]", ")")
    tag = f"[{' '.join(tags)}] " if tags else ""
    return f"{'Re: ' if subject.reply else ''}{tag}{title}"


def _patch(message: b4.LoreMessage, known: dict[str, Candidate]) -> PatchMail:
    patch = known[message.msgid].patch
    added = _once(message.followup_trailers, patch.trailers)
    if not added:
        return patch
    note = f"{len(added)} trailer{'s' if len(added) > 1 else ''} from replies"
    return replace(patch, trailers=(*patch.trailers, *added), notes=(*patch.notes, note))


def _once(found: Iterable[b4.LoreTrailer], held: tuple[str, ...]) -> tuple[str, ...]:
    lines = dict.fromkeys(trailer.as_string(omit_extinfo=True) for trailer in found)
    have = {line.lower() for line in held}
    return tuple(line for line in lines if line.lower() not in have)


def _missing(series: Any, version: int) -> str:
    if series is None:
        return f"all of v{version} is missing"
    gone = [str(place) for place, one in enumerate(series.patches) if place and one is None]
    word = "patch" if len(gone) == 1 else "patches"
    verb = "is" if len(gone) == 1 else "are"
    return f"{word} {', '.join(gone)} of {series.expected} {verb} missing"


def _numbered(patches: tuple[PatchMail, ...], version: int) -> tuple[PatchMail, ...]:
    return tuple(
        replace(patch, number=number, total=len(patches), version=version)
        for number, patch in enumerate(patches, start=1)
    )


def _cover_text(cover: Candidate | None) -> str:
    if cover is None:
        return ""
    return f"{cover.patch.subject}\n\n{cover.patch.body}".strip()

# SPDX-License-Identifier: GPL-2.0-only
"""Mails → the one series among them that is meant, in order and whole."""

from __future__ import annotations

from collections import defaultdict

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.mail.message import Mail
from orchestrator.mail.subject import Subject
from orchestrator.model.errors import PatchBroken
from orchestrator.model.patch import PatchMail, PatchSeries

ONE_AT_A_TIME = "give one series at a time, or its patches one by one in order"


class Candidate(Struct, frozen=True):
    """A mail, what its subject says, and the patch in it (diff "" if there is none)."""

    mail: Mail
    subject: Subject
    patch: PatchMail

    @property
    def numbered(self) -> bool:
        return self.subject.number is not None

    @property
    def is_member(self) -> bool:
        """A patch to apply: replies that quote or amend one are not."""
        return bool(self.patch.diff) and not self.subject.reply and self.subject.number != 0


def choose_series(mails: list[Candidate], origin: str, wanted: str = "") -> PatchSeries:
    """The series in mails, or those patches that belong to none, in the order given.

    wanted: message-id of one of its mails, "" if the user named none. Of several versions the
    highest whole one is taken. Raises PatchBroken if a patch is missing or it is not clear
    which series is meant.
    """
    members = [mail for mail in _without_repeats(mails) if mail.is_member]
    if not members:
        raise PatchBroken(f"{origin}: all its diffs are in replies", "give the patch itself")
    asked = next((mail for mail in mails if wanted and mail.mail.message_id == wanted), None)
    if asked and asked.is_member and not asked.numbered:
        members = _same_title(members, asked)
    numbered = [mail for mail in members if mail.numbered]
    if not numbered:
        return _loose(members, mails, origin)
    if len(numbered) == 1 and not wanted:
        return _alone(members, origin)
    aside = tuple(f"left out: {one.patch.name}" for one in members if not one.numbered)
    from orchestrator.mail.thread import whole_version  # b4 takes 0.2 s to import

    chosen, cover, notes = whole_version(_one_series(numbered, mails, asked, origin), mails, origin)
    return PatchSeries(chosen, origin, cover, (*notes, *aside))


def _without_repeats(mails: list[Candidate]) -> list[Candidate]:
    """Each message-id once: a thread's mbox has a mail once for each list it came by."""
    seen: set[str] = set()
    kept = []
    for mail in mails:
        key = mail.mail.message_id
        if not key or key not in seen:
            kept.append(mail)
        seen.add(key)
    return kept


def _same_diff(one: Candidate, other: Candidate) -> bool:
    """What stands behind a diff, the sender's git version or a list's footer, does not count."""
    mine, theirs = (each.patch.diff.partition("\n-- \n")[0].rstrip() for each in (one, other))
    return mine == theirs


def _same_title(members: list[Candidate], asked: Candidate) -> list[Candidate]:
    """A patch of its own in a thread, e.g. a fix somebody proposes: it and its versions."""
    title = asked.patch.subject.lower()
    return [one for one in members if not one.numbered and one.patch.subject.lower() == title]


def _alone(members: list[Candidate], origin: str) -> PatchSeries:
    """One patch of a series was given, and perhaps patches without a number."""
    notes = tuple(
        f"patch {one.patch.number} of {one.patch.total} alone; the others are not applied"
        for one in members
        if one.numbered and one.patch.total > 1
    )
    return PatchSeries(_in_a_row(members), origin, notes=notes)


def _loose(members: list[Candidate], mails: list[Candidate], origin: str) -> PatchSeries:
    """Patches without numbers: in the order given, but only the last version of each."""
    latest: dict[str, Candidate] = {}
    for position, one in enumerate(members):
        key = one.patch.subject.lower() or f"{position}"
        held = latest.get(key)
        if held is None or one.patch.version > held.patch.version:
            latest[key] = one
        elif one.patch.version == held.patch.version and not _same_diff(one, held):
            raise PatchBroken(f"{origin}: two different patches “{one.patch.name}”", ONE_AT_A_TIME)
    kept = [one for one in members if one in latest.values()]
    older = [one.patch for one in members if one not in kept]
    notes = tuple(f"left out: v{patch.version} of {patch.name}" for patch in older)
    if len(mails) > 1 and any(one.mail.message_id for one in kept):
        from orchestrator.mail.thread import with_reply_trailers

        kept = with_reply_trailers(kept, mails)
    return PatchSeries(_in_a_row(kept), origin, notes=notes)


def _in_a_row(members: list[Candidate]) -> tuple[PatchMail, ...]:
    if len(members) == 1:
        return (members[0].patch,)
    return tuple(
        replace(one.patch, number=number, total=len(members))
        for number, one in enumerate(members, start=1)
    )


def _one_series(
    numbered: list[Candidate], mails: list[Candidate], asked: Candidate | None, origin: str
) -> list[Candidate]:
    """The members of one series in all its versions, one mail for each place.

    A file or thread may hold several series; then the one that was asked for is meant.
    """
    versions: dict[int, dict[int, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
    for one in numbered:
        versions[one.patch.version][one.patch.total].append(one)
    chosen: list[Candidate] = []
    for version, totals in versions.items():
        chosen += _one_total(version, totals, asked, origin)
    return chosen


def _one_total(
    version: int, totals: dict[int, list[Candidate]], asked: Candidate | None, origin: str
) -> list[Candidate]:
    names = f"v{version} of {' and of '.join(str(total) for total in sorted(totals))}"
    if len(totals) > 1:
        total = asked.patch.total if asked and asked.patch.version == version else None
        if total not in totals:
            raise PatchBroken(f"{origin}: two series, {names} patches", ONE_AT_A_TIME)
        totals = {total: totals[total]}
    places: dict[int, Candidate] = {}
    for one in next(iter(totals.values())):
        held = places.setdefault(one.patch.number, one)
        if _same_diff(held, one):
            continue
        if asked in (held, one):
            places[one.patch.number] = asked if asked else one
            continue
        raise PatchBroken(
            f"{origin}: two different patches {one.patch.number}/{one.patch.total}"
            f" (“{held.patch.name}”, “{one.patch.name}”)",
            ONE_AT_A_TIME,
        )
    return list(places.values())

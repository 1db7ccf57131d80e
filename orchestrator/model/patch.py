# SPDX-License-Identifier: GPL-2.0-only
"""Patches as they come: mails, series, and what is known of their origin."""

from __future__ import annotations

from msgspec import Struct


class PatchMail(Struct, frozen=True):
    """One patch: a mail, or a bare diff with everything else empty.

    name: for reports and file names, e.g. the subject or the file it came from. diff: the text
    from the first "diff " or "--- " line on, as it came, "\\n" line ends; bytes that are not UTF-8
    are surrogate escapes (PEP 383), so write it with errors="surrogateescape". number, total: place
    in its series, (1, 1) if alone. version: of the series, 1 if it names none. trailers:
    "Signed-off-by: ..." lines, including those collected from replies. body: the commit message
    without subject and trailers. notes: what had to be undone to read it ("quoted-printable",
    "HTML"), in words for the user.
    """

    name: str
    diff: str
    subject: str = ""
    author: str = ""
    date: str = ""
    message_id: str = ""
    body: str = ""
    number: int = 1
    total: int = 1
    version: int = 1
    trailers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class PatchSeries(Struct, frozen=True):
    """Patches in the order they apply. cover: text of the cover letter, "" if there is none."""

    patches: tuple[PatchMail, ...]
    origin: str  # what the user named
    cover: str = ""
    notes: tuple[str, ...] = ()  # e.g. "patch 3 of 5 is missing"

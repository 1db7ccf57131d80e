# SPDX-License-Identifier: GPL-2.0-only
"""[PATCH v3 2/7] subjects, as git-format-patch(1) and people write them."""

from __future__ import annotations

import re

from msgspec import Struct

_TAG = re.compile(r"\s*\[([^\[\]]*)\]\s*")
_REPLY = re.compile(r"^\s*(?:re|aw|sv|antw|fwd?)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_PLACE = re.compile(r"(?:^|[\s,;])(\d{1,4})\s*/\s*(\d{1,4})(?=$|[\s,;])")
_VERSION = re.compile(r"(?:^|[\s,;]|patch|rfc)v(\d{1,4})(?=$|[\s,;])", re.IGNORECASE)
_IS_PATCH = re.compile(r"\b(?:patch|rfc)", re.IGNORECASE)
_LEADING_TAGS = 4
_LONGEST = 2000  # characters of a subject that are looked at


class Subject(Struct, frozen=True):
    """A subject taken apart. number, total: None if it names no place."""

    title: str
    number: int | None = None
    total: int | None = None
    version: int = 1
    reply: bool = False
    is_patch: bool = False  # has a tag with PATCH or RFC


def parse_subject(text: str) -> Subject:
    """text: one line, decoded. A tag that is neither PATCH nor a place stays in the title."""
    flat = " ".join(text[:_LONGEST].split())
    rest = flat
    while _REPLY.match(rest):
        rest = _REPLY.sub("", rest, count=1)
    reply = rest != flat
    tags: list[str] = []
    for _ in range(_LEADING_TAGS):
        tag = _TAG.match(rest)
        if not tag or not _speaks(tag[1], first=not tags):
            break
        tags.append(tag[1])
        rest = rest[tag.end() :]
        if _PLACE.search(tag[1]):
            break  # a [PATCH 1/4] behind [PATCH 2/3] is part of a commit's own title
    said = " ".join(tags)
    place, version = _PLACE.search(said), _VERSION.search(said)
    return Subject(
        title=rest,
        number=int(place[1]) if place else None,
        total=max(int(place[1]), int(place[2])) if place else None,
        version=int(version[1]) if version else 1,
        reply=reply,
        is_patch=bool(_IS_PATCH.search(said)),
    )


def _speaks(tag: str, first: bool) -> bool:
    """[PATCH ...], [RFC], [2/7], [v2], and list names before them: [linux-numa] [PATCH]."""
    if _IS_PATCH.search(tag) or _PLACE.search(tag) or _VERSION.search(tag):
        return True
    return first and bool(re.fullmatch(r"[\w.-]*(?:devel|list|linux|kernel)[\w.-]*", tag, re.I))

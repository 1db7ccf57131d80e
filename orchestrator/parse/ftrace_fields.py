# SPDX-License-Identifier: GPL-2.0-only
"""What an event prints after its name, as key=value pairs."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

MARKERS = frozenset({"tracing_mark_write", "print", "bprint", "bputs"})
Fields = tuple[tuple[str, str], ...]

# A value runs up to the next " key=", so it may hold spaces.
_KEY = re.compile(r"(?:^|(?<=[\s,{(]))([A-Za-z_][\w.\->\[\]]*)=")
# Values that cannot hold a key: with all of them such, one match reads a whole event. The first
# is faster, the second takes names with spaces and what stands in brackets.
_VALUES = (r"([^\s,{(]*)", r"(?![\s,])([^=]*)(?<![\s,])")
_TRIES_PER_EVENT = 4  # to learn from; odd values may teach nothing
_MAX_EVENTS = 2000
_Layout = tuple[Callable[[str], re.Match[str] | None], tuple[str, ...]]


def split_fields(text: str, event: str = "") -> Fields:
    """The pairs in order. Text that is not key=value, or has more in front, comes first, as
    ("text", all of it); nothing gives nothing. What users and programmers write with the
    events of MARKERS is text, whatever it looks like."""
    if event in MARKERS:
        return (("text", text),)
    parts = _KEY.split(text)
    pairs = tuple(zip(parts[1::2], map(_value, parts[2::2]), strict=True))
    return (("text", text), *pairs) if parts[0].strip(" ,") else pairs


def _value(text: str) -> str:
    return text.removesuffix(" ==> ").strip(" ,")


class FieldReader:
    """split_fields(), faster: it remembers how each event's fields have looked."""

    def __init__(self) -> None:
        self._layouts: dict[str, tuple[_Layout, ...]] = {}
        self._tries: dict[str, int] = {}

    def read(self, event: str, text: str) -> Fields:
        for matches, keys in self._layouts.get(event, ()):
            match = matches(text)
            if match is not None:
                return tuple(zip(keys, match.groups(), strict=True))
        return self._learn(event, text.strip())

    def _learn(self, event: str, text: str) -> Fields:
        tries = self._tries.get(event, 0)
        if tries < _TRIES_PER_EVENT and len(self._tries) < _MAX_EVENTS and event not in MARKERS:
            self._tries[event] = tries + 1
            self._layouts[event] = (*self._layouts.get(event, ()), *_layouts_of(text))
        return split_fields(text, event)


def _layouts_of(text: str) -> list[_Layout]:
    """Keys, and what stands between their values, as patterns; none if text stands in front,
    or its own values hold what could be a key."""
    found = list(_KEY.finditer(text))
    if not found or found[0].start():
        return []
    layouts: list[_Layout] = []
    for value in _VALUES:
        pattern = ""
        for here, after in pairwise(found):
            raw = text[here.end() : after.start()]
            between = raw[len(raw.removesuffix(" ==> ").rstrip(" ,")) :]
            if not between:
                return []  # "{a=": the bracket is the value's, and nothing parts it from the key
            pattern += re.escape(here[0]) + value + re.escape(between)
        whole = re.compile(f"{pattern}{re.escape(found[-1][0])}{value}\\s*")
        layouts.append((whole.fullmatch, tuple(match[1] for match in found)))
    return layouts if layouts[-1][0](text) else []

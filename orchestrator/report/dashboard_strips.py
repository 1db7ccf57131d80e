# SPDX-License-Identifier: GPL-2.0-only
"""Marks → a strip of bars, a night each, oldest left.

What a bar means is told by its height and place, so that it can be read without colours and
when a hundred of them share the width of a phone; and by words, for who sees no strip.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import markupsafe

from orchestrator.model.dashboard import Mark

HEIGHT = 10
_BAR = 8  # pixels a night, where there is room
_BEGIN = 0.1  # of a bar within its night; CSS has the dashes, .8 and .2
_NAMED = 6  # nights that are told one by one

# Class in the style sheet (which has the width of the stroke) and its middle, from the top.
_PARTS = {
    Mark.PASS: (("p", 8),),
    Mark.FAIL: (("f", 5),),
    Mark.MIXED: (("p", 8), ("m", 2.5)),
    Mark.KNOWN: (("k", 1), ("k", 9)),  # a failure's bar, hollow
    Mark.SKIP: (("s", 5),),
    Mark.NOTHING: (("n", 6.5),),
    Mark.HOST: (("h", 1),),
    Mark.NOT_RUN: (("o", 9.5),),
}
_WORDS = {
    Mark.PASS: "passed",
    Mark.FAIL: "failed",
    Mark.MIXED: "passed and failed",
    Mark.KNOWN: "failed as a known issue",
    Mark.SKIP: "skipped",
    Mark.NOTHING: "incomplete",
    Mark.HOST: "host failed",
    Mark.NOT_RUN: "not run",
}
LEGEND = tuple(_WORDS.items())


@lru_cache(4096)
def strip(marks: str, days: tuple[str, ...], *, hidden: bool = False) -> markupsafe.Markup:
    """The picture. days: of the nights, as they are told. hidden: from screen readers, where the
    words stand beside it."""
    width = max(1, len(marks))
    said = 'aria-hidden="true"' if hidden else _labelled(strip_words(marks, days))
    return markupsafe.Markup(
        f'<svg class="strip" width="{width * _BAR}" height="18" viewBox="0 0 {width} {HEIGHT}" '
        f'preserveAspectRatio="none" {said}>{_paths(marks)}</svg>'
    )


def strip_words(marks: str, days: Sequence[str]) -> str:
    """ "30 nights: 28 passed, 2 failed (2026-11-02, 2026-11-09)" """
    counted = [
        f"{marks.count(mark.value)} {words}{_when(marks, days, mark)}"
        for mark, words in _WORDS.items()
        if mark.value in marks
    ]
    nights = "1 night" if len(marks) == 1 else f"{len(marks)} nights"
    return f"{nights}: {', '.join(counted)}"


def _when(marks: str, days: Sequence[str], mark: Mark) -> str:
    if mark in (Mark.PASS, Mark.NOT_RUN, Mark.SKIP):
        return ""
    found = [days[n] for n, letter in enumerate(marks) if letter == mark.value]
    more = f" and {len(found) - _NAMED} before" if len(found) > _NAMED else ""
    return f" ({', '.join(found[-_NAMED:])}{more})"


def _labelled(words: str) -> str:
    return f'role="img" aria-label="{markupsafe.escape(words)}"'


def _paths(marks: str) -> str:
    drawn: dict[tuple[str, float], list[str]] = {}
    for run in re.finditer(r"(.)\1*", marks):
        for part in _PARTS[Mark(run[1])]:
            drawn.setdefault(part, []).append(_dash(run.start(), run.end(), part[1]))
    return "".join(f'<path class="{css}" d="{"".join(d)}"/>' for (css, _), d in drawn.items())


def _dash(start: int, end: int, middle: float) -> str:
    """A line that the style sheet's dashes make as many bars as it is long."""
    return f"M{start + _BEGIN:g} {middle:g}H{end:g}"

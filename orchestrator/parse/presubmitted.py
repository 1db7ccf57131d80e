# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate presubmit --json` wrote, as far as a hook asks: what was red, what left out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

MOST = 1000  # marks; a file of somebody else's may hold more
_HOST = "infrastructure"


class Marks(Struct, frozen=True):
    """green: how many checks were. red: those that were not, a line each: "3 boot: it crashed".
    left: of which nothing is known, since they were left out or the host failed."""

    green: int
    red: tuple[str, ...]
    left: tuple[str, ...]


def read_marks(text: str) -> Marks | None:
    """None if the text is no such document."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("steps"), list):
        return None
    told = [
        (_told(name, mark), mark)
        for name, mark in itertools.islice(_marks(document), MOST)
        if isinstance(mark, dict) and "verdict" in mark
    ]
    return Marks(
        green=sum(mark["verdict"] == "pass" for _, mark in told),
        red=tuple(line for line, mark in told if mark["verdict"] not in (None, "pass", _HOST)),
        left=tuple(
            line for line, mark in told if mark.get("left_out") is True or mark["verdict"] == _HOST
        ),
    )


def _marks(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(where, mark) of each check of each commit; of those of the last one in full if they were
    made, since hooks do not ask for them."""
    for step in _dicts(document.get("steps")):
        marks = step.get("marks")
        for name, mark in marks.items() if isinstance(marks, dict) else ():
            yield f"{step.get('number', '?')} {name}", mark
    for each in _dicts(document.get("full")):
        mark = each.get("mark")
        if isinstance(mark, dict) and mark.get("verdict") is not None:
            yield f"all of it, {each.get('name')}", mark


def _dicts(found: object) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _told(name: str, mark: dict[str, Any]) -> str:
    return f"{name}: {mark.get('said') or mark['verdict']}"

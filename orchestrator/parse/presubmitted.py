# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate presubmit --json` wrote, as far as a hook asks: what was red, what left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

MOST = 1000  # marks; a file of somebody else's may hold more


@dataclass(frozen=True)
class Marks:
    """green: how many checks were. red, left: "3 boot: the guest crashed" each."""

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
    found = list(_marks(document))[:MOST]
    told = [(_told(name, mark), mark) for name, mark in found]
    return Marks(
        green=sum(mark["verdict"] == "pass" for _, mark in told),
        red=tuple(line for line, mark in told if mark["verdict"] not in (None, "pass")),
        left=tuple(line for line, mark in told if mark.get("left_out") is True),
    )


def _marks(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(where, mark) of each check of each commit, and of those of the last one in full."""
    for step in document["steps"]:
        if isinstance(step, dict):
            pairs = step.get("marks")
            pairs = pairs.items() if isinstance(pairs, dict) else pairs
            for pair in pairs if isinstance(pairs, Iterable) else ():
                yield from _mark(f"{step.get('number', '?')} ", pair)
    for each in document.get("full") or ():
        if isinstance(each, dict):
            yield from _mark("all of it, ", (each.get("name"), each.get("mark")))


def _mark(where: str, pair: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(pair, list | tuple) and len(pair) == 2:
        name, mark = pair
        if isinstance(mark, dict) and "verdict" in mark:
            yield f"{where}{name}", mark


def _told(name: str, mark: dict[str, Any]) -> str:
    return f"{name}: {mark.get('said') or mark['verdict']}"

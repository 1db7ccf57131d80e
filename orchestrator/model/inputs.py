# SPDX-License-Identifier: GPL-2.0-only
"""What the key of an entry in the store was made of, and how two of them differ."""

from __future__ import annotations

from msgspec import Struct


class Input(Struct, frozen=True):
    """One part of a key. group: "tree", "patches", "configuration", ...; name: which one of its
    group, "" if there is one only; value: a digest, a version, a setting."""

    group: str
    name: str
    value: str


class KeyInputs(Struct, frozen=True):
    """All that one entry depends on. kind: "kernels", "modules", "states"; made_s: seconds since
    1970; origin: in words, for a person, no part of the key."""

    kind: str
    key: str
    inputs: tuple[Input, ...]
    made_s: float
    origin: str = ""


class InputChange(Struct, frozen=True):
    """An input that differs. before or now: "" where it is on the other side only."""

    group: str
    name: str
    before: str
    now: str


class WhyBuilt(Struct, frozen=True):
    """Why an entry had to be made. changes: against `nearest`, the earlier entry that differs
    least, "" if there is none. files: of the sources, that differ between the two (at most
    FILES_SHOWN; files_differ says how many). note: what could not be said, and why."""

    kind: str
    key: str
    made: str = ""  # when, in words
    origin: str = ""
    nearest: str = ""
    nearest_origin: str = ""
    changes: tuple[InputChange, ...] = ()
    files: tuple[str, ...] = ()
    files_differ: int = 0
    started_from: str = ""  # the kernel whose objects it started from
    note: str = ""
    next_command: str = ""


FILES_SHOWN = 20

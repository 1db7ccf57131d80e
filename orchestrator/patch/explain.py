# SPDX-License-Identifier: GPL-2.0-only
"""Why a patch does not apply, in a line: what is missing, what is there instead."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from orchestrator.model.diff import FileDiff, Hunk
from orchestrator.patch.blob import blob, is_blob
from orchestrator.patch.place import NoPlace, Text, key

_SHOWN = 2  # lines that differ
_MOST = 20_000_000  # comparisons, so that hostile patches end
_WIDE = 60  # characters of each


def no_place(error: NoPlace, file: FileDiff, before: str) -> NoPlace:
    """The same error, with the nearest place and what the file's blob says."""
    text = Text.of(before)
    if already_applied(file, before):
        return NoPlace(
            f"{file.path}: the patch is in this tree already", "nothing to apply", error.hunk
        )
    hunk = file.hunks[error.hunk - 1]
    hint = origin(file, before)
    if not hunk.intact:
        hint += "; its lines lost their markers, or were wrapped: take it from the mail itself"
    return NoPlace(f"{error.message}; {nearest(hunk, text)}", hint, error.hunk)


def already_applied(file: FileDiff, before: str) -> bool:
    """Is the file what the patch makes, or does it hold every hunk's new side?"""
    if is_blob(before, file.new_blob):
        return True
    keys = Text.of(before).keys
    news = [
        tuple(key(line.text) for line in hunk.readings[0] if line.kind != "-")
        for hunk in file.hunks
    ]
    changed = any(line.kind == "+" for hunk in file.hunks for line in hunk.readings[0])
    return bool(news) and changed and all(_holds(keys, new) for new in news)


def _holds(keys: Sequence[str], wanted: Sequence[str]) -> bool:
    size = len(wanted)
    return any(keys[at : at + size] == wanted for at in range(len(keys) - size + 1))


def nearest(hunk: Hunk, text: Text) -> str:
    """The place with the longest run of the hunk's old lines, and what differs there."""
    old = [line for line in hunk.readings[0] if line.kind != "+"]
    wanted = [key(line.text) for line in old]
    if not text.keys:
        return "the file is empty"
    if len(text.keys) * len(wanted) > _MOST:
        return "it is too long to say where it would fit best"
    match = difflib.SequenceMatcher(None, text.keys, wanted, autojunk=False).find_longest_match()
    if not match.size or not any(wanted[match.b : match.b + match.size]):
        return "no line of it is in the file"
    start = max(0, match.a - match.b)
    there = text.lines[start : start + len(old)]
    compared = difflib.SequenceMatcher(None, wanted, text.keys[start : start + len(old)], False)
    said = []
    for tag, a, a_end, b, b_end in compared.get_opcodes():
        if tag != "equal":
            asked = _quote([line.text for line in old[a:a_end]])
            said.append(f"line {start + b + 1}: patch {asked}, file {_quote(there[b:b_end])}")
    return f"nearest is line {start + 1}: " + "; ".join(said[:_SHOWN])


def _quote(lines: Sequence[str]) -> str:
    text = next((line.strip() for line in lines if line.strip()), "")
    if not text:
        return "has none" if not lines else "has a blank line"
    return f"has {text[:_WIDE]!r}"


def origin(file: FileDiff, before: str) -> str:
    """A hint: was it made for this file?"""
    if not file.old_blob.strip("0"):
        return "the patch does not say which version of the file it is for (no index line)"
    if is_blob(before, file.old_blob):
        return "the file is the one it was made for, so the patch itself is damaged"
    return (
        f"it was made for blob {file.old_blob[:12]} of {file.path}, this tree has "
        f"{blob(before)[:12]}: see --source and --tree"
    )


def missing(path: str, similar: Sequence[str]) -> tuple[str, str]:
    """Message and hint for a file that is not there. similar: paths of files in the tree."""
    near = difflib.get_close_matches(path, similar, n=1, cutoff=0.0)
    hint = f"was it moved? there is {near[0]}" if near else "is it made for this tree?"
    return f"{path}: there is no such file in this tree", hint

# SPDX-License-Identifier: GPL-2.0-only
"""Edits → a unified diff that `git apply` takes without fuzz or offset."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from orchestrator.model.diff import FileDiff, Line
from orchestrator.patch.blob import blob
from orchestrator.patch.place import Text, heading

CONTEXT = 3  # lines, as git's default
_SHORT = 12  # digits of a blob's name, as the kernel's developers use
_NO_BLOB = "0" * 40
_PLAIN = re.compile(r'[^\x00-\x1f\x7f"\\\ud800-\udfff]+$')


class Edit(Struct, frozen=True):
    """Lines of the old file from `at` (0-based) on, with what is added between them."""

    at: int
    lines: tuple[Line, ...]

    @property
    def end(self) -> int:
        return self.at + sum(line.kind != "+" for line in self.lines)


def new_lines(text: Text, edits: Sequence[Edit]) -> list[str]:
    """The file with all edits made."""
    result: list[str] = []
    done = 0
    for edit in edits:
        result += text.lines[done : edit.at]
        result += [line.full for line in edit.lines if line.kind != "-"]
        done = edit.end
    return result + list(text.lines[done:])


def render(file: FileDiff, text: Text, edits: Sequence[Edit]) -> str:
    """The diff of one file: git's headers, then hunks with the usual context."""
    old, new = file.old_path or file.path, file.path
    head = [f"diff --git {_quoted('a/' + old)} {_quoted('b/' + new)}", *_headers(file)]
    if any(_changes(edit) for edit in edits):
        head.append(_index(file, text, edits))
    hunks = _merged([_trimmed(edit, text) for edit in edits if _changes(edit)])
    if hunks:
        head.append(f"--- {_quoted('a/' + old) if file.old_path else '/dev/null'}")
        head.append(f"+++ {_quoted('b/' + new) if file.new_path else '/dev/null'}")
    parts = ["\n".join(head) + "\n"]
    shift = 0
    for hunk in hunks:
        parts.append(_hunk(hunk, shift, heading(text, hunk.at)))
        shift += sum((line.kind == "+") - (line.kind == "-") for line in hunk.lines)
    return "".join(parts)


def _headers(file: FileDiff) -> list[str]:
    if file.old_path is None:
        return [f"new file mode {file.new_mode or '100644'}"]
    if file.new_path is None:
        return [f"deleted file mode {file.old_mode or '100644'}"]
    modes = []
    if file.old_mode != file.new_mode:
        modes = [f"old mode {file.old_mode}", f"new mode {file.new_mode}"]
    verb = "rename" if file.renamed else "copy" if file.copied else ""
    if verb:
        modes += [f"{verb} from {_quoted(file.old_path)}", f"{verb} to {_quoted(file.new_path)}"]
    return modes


def _changes(edit: Edit) -> bool:
    return any(line.kind != " " for line in edit.lines)


def _trimmed(edit: Edit, text: Text) -> Edit:
    """With CONTEXT lines at both ends, or fewer where the file ends."""
    changed = [at for at, line in enumerate(edit.lines) if line.kind != " "]
    core = edit.lines[changed[0] : changed[-1] + 1]
    first = edit.at + changed[0]
    last = first + sum(line.kind != "+" for line in core)
    before = _context(text, max(0, first - CONTEXT), first)
    after = _context(text, last, last + CONTEXT)
    return Edit(first - len(before), (*before, *core, *after))


def _context(text: Text, start: int, end: int) -> tuple[Line, ...]:
    return tuple(
        Line(" ", line.removesuffix("\n"), line.endswith("\n")) for line in text.lines[start:end]
    )


def _merged(edits: list[Edit]) -> list[Edit]:
    """Hunks whose contexts meet become one."""
    merged: list[Edit] = []
    for edit in edits:
        if merged and edit.at <= merged[-1].end:
            last = merged.pop()
            common = last.end - edit.at
            trail = next(at for at, line in enumerate(last.lines[::-1]) if line.kind != " ")
            cut = min(common, trail)  # never into the lines that the first one changes
            kept = last.lines[: len(last.lines) - cut]
            edit = Edit(last.at, kept + edit.lines[common - cut :])
        merged.append(edit)
    return merged


def _index(file: FileDiff, text: Text, edits: Sequence[Edit]) -> str:
    """So that `git am -3` knows what the patch was made for; zeros are git's "no file"."""
    old = blob("".join(text.lines)) if file.old_path else _NO_BLOB
    new = blob("".join(new_lines(text, edits))) if file.new_path else _NO_BLOB
    same = file.old_mode == file.new_mode and file.old_mode
    return f"index {old[:_SHORT]}..{new[:_SHORT]}{' ' + file.old_mode if same else ''}"


def _hunk(hunk: Edit, shift: int, name: str) -> str:
    old = sum(line.kind != "+" for line in hunk.lines)
    new = sum(line.kind != "-" for line in hunk.lines)
    # Of an empty side the line before it is named (git-diff: "-0,0" of a new file).
    old_start = hunk.at + bool(old)
    new_start = hunk.at + shift + bool(new)
    head = f"@@ -{old_start},{old} +{new_start},{new} @@ {name}".rstrip() + "\n"
    return head + "".join(_line(line) for line in hunk.lines)


def _line(line: Line) -> str:
    return f"{line.kind}{line.text}\n" + ("" if line.eol else "\\ No newline at end of file\n")


def _quoted(name: str) -> str:
    """As git does with names that hold quotes or bytes that are no text."""
    if _PLAIN.match(name):
        return name
    return '"' + "".join(_escaped(byte) for byte in name.encode("utf-8", "surrogateescape")) + '"'


def _escaped(byte: int) -> str:
    char = chr(byte)
    if char in '"\\':
        return "\\" + char
    return char if 0x20 <= byte < 0x7F else f"\\{byte:03o}"

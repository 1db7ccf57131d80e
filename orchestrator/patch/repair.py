# SPDX-License-Identifier: GPL-2.0-only
"""A patch as it came → one that `git apply` takes, made for the files as they are.

Context and removed lines are the file's own. Added lines keep their white space unless it was
lost; then they are indented in kernel style. What can't be known is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.model.diff import Change, FileDiff, Line, Repaired, RepairNote
from orchestrator.model.errors import PatchBroken
from orchestrator.patch import explain
from orchestrator.patch.align import has_tables, tables
from orchestrator.patch.blob import is_blob
from orchestrator.patch.damage import Damage, Loss, assess, pairs, plain, unexpanded
from orchestrator.patch.entities import decoded
from orchestrator.patch.indent import Indenter, Known, same_lines
from orchestrator.patch.place import NoPlace, Placed, Text, key, place_all
from orchestrator.patch.render import Edit, new_lines, render

Read = Callable[[str], str | None]
Similar = Callable[[str], Sequence[str]]


class _Plan(Struct, frozen=True):
    """One file, its content and its hunks in their places."""

    file: FileDiff
    before: str
    text: Text
    placed: tuple[Placed, ...]


def nobody(_path: str) -> tuple[str, ...]:
    """For callers that cannot say which files of the tree have a name like this."""
    return ()


def repair(files: Sequence[FileDiff], read: Read, similar: Similar = nobody) -> Repaired:
    """The whole patch, in place and repaired.

    read: content of a file of the tree by its path, None if there is none. similar: paths of
    files with a like name, for the message when one is missing.
    Raises PatchBroken (AmbiguousHunk, NoPlace): nothing is ever applied in a doubtful place.
    """
    contents = [_before(file, read, similar) for file in files]
    texts = [Text.of(before) for before in contents]
    clean = decoded(tuple(files), (name for text in texts for name in text.keys))
    plans = [_plan(*one) for one in zip(clean, contents, texts, strict=True)]
    damage = _damage(plans)
    notes = []
    if clean != tuple(files):
        notes.append(RepairNote(plans[0].file.path, 0, text="HTML entities decoded"))
    parts, changes = [], []
    for plan in plans:
        edits, done = _best(plan, damage)
        after = "".join(new_lines(plan.text, edits))
        notes += [*done, *_blob_note(plan, after, bool(done))]
        parts.append(render(plan.file, plan.text, edits))
        changes.append(_change(plan, after))
    return Repaired("".join(parts), tuple(notes), tuple(changes))


def _before(file: FileDiff, read: Read, similar: Similar) -> str:
    """The file's content, "" for one that is new."""
    if file.old_path is None:
        there = read(file.path)
        if there is not None:
            applied = explain.already_applied(file, there)
            raise PatchBroken(
                f"{file.path}: the patch creates it, but it is there already",
                "the patch is in this tree already" if applied else "is it made for this tree?",
            )
        return ""
    before = read(file.old_path)
    if before is None:
        message, hint = explain.missing(file.old_path, similar(file.old_path))
        if file.renamed and file.new_path and read(file.new_path) is not None:
            hint = f"{file.new_path} is there: the patch may be in this tree already"
        raise PatchBroken(message, hint)
    if file.renamed and file.new_path and read(file.new_path) is not None:
        raise PatchBroken(f"{file.new_path}: the patch renames a file to it, but it is there")
    return before


def _plan(file: FileDiff, before: str, text: Text) -> _Plan:
    try:
        same = is_blob(before, file.old_blob)
        return _Plan(file, before, text, place_all(file.hunks, text, file.path, same))
    except NoPlace as error:
        raise explain.no_place(error, file, before) from error


def _damage(plans: Sequence[_Plan]) -> Damage:
    seen = [pair for plan in plans for pair in pairs(plan.placed, plan.text)]
    every = [placed for plan in plans for placed in plan.placed]
    added = [line.text for placed in every for line in placed.lines if line.kind == "+"]
    return assess(seen, added, all(one.exact and one.hunk.intact for one in every))


def _best(plan: _Plan, damage: Damage) -> tuple[list[Edit], list[RepairNote]]:
    """With tables of initialisers aligned or not: as the author's blob proves, or as is usual."""
    usual = has_tables(plan.text.lines)
    if not damage.inner:
        return _edits(plan, damage, False)
    first, other = (_edits(plan, damage, tabular) for tabular in (usual, not usual))
    proven = is_blob("".join(new_lines(plan.text, other[0])), plan.file.new_blob)
    return other if proven else first


def _edits(plan: _Plan, damage: Damage, tabular: bool) -> tuple[list[Edit], list[RepairNote]]:
    if damage.loss is not Loss.NONE:
        _refuse_blank_changes(plan)
    writer = _Writer(plan, damage)
    edits, notes = [], []
    for placed in plan.placed:
        edit, note = writer.edit(placed)
        edit = _tabular(edit) if tabular else edit
        edits.append(edit)
        if note.restored or note.indented or note.offset or note.fuzz or note.text:
            notes.append(note)
    _check_deleted(plan, edits)
    return edits, notes


def _tabular(edit: Edit) -> Edit:
    # Other lines are blanked: only what is added is aligned.
    texts = tables([line.text if line.kind == "+" else "" for line in edit.lines])
    lines = (
        replace(line, text=text) if line.kind == "+" else line
        for line, text in zip(edit.lines, texts, strict=True)
    )
    return Edit(edit.at, tuple(lines))


class _Writer:
    """Hunks of one file, top to bottom, with the white space of their added lines."""

    def __init__(self, plan: _Plan, damage: Damage) -> None:
        self.plan, self.damage = plan, damage
        self.at = 0  # lines of the old file that are done
        self.known = Known(same_lines(plan.text.lines), damage.inner)
        lost = damage.loss is Loss.ALL
        self.indenter = Indenter(plan.file.path, self.known) if lost else None

    def edit(self, placed: Placed) -> tuple[Edit, RepairNote]:
        self._known(placed.at)
        crlf = self._crlf(placed)
        lines, restored, indented = [], 0, 0
        for line in placed.lines:
            if line.kind == "+":
                text = self._added(line.text.replace("\r", "") if crlf else line.text)
                indented += text != line.text
                lines.append(Line("+", text + crlf, line.eol))
                continue
            full = self.plan.text.lines[self.at]
            lines.append(Line(line.kind, full.removesuffix("\n"), full.endswith("\n")))
            restored += full != line.full
            if line.kind == " ":
                self._known(self.at + 1)
            self.at = self.at + (line.kind == "-")
        edit = Edit(placed.at, tuple(lines))
        return edit, self._note(placed, lines, restored, indented)

    def _note(
        self, placed: Placed, lines: Sequence[Line], restored: int, indented: int
    ) -> RepairNote:
        number, path = placed.hunk.number, self.plan.file.path
        text = ""
        if self.damage.inner and any(_spaced_string(line) for line in lines):
            text = "runs of blanks in strings of added lines may have been lost"
        return RepairNote(path, number, restored, indented, placed.offset, placed.fuzz, text)

    def _known(self, end: int) -> None:
        for line in self.plan.text.lines[self.at : end]:
            if self.indenter:
                self.indenter.known_line(line.rstrip("\r\n"))
        self.at = max(self.at, end)

    def _added(self, text: str) -> str:
        if self.indenter:
            below = [line.rstrip("\r\n") for line in self.plan.text.lines[self.at : self.at + 8]]
            return self.indenter.added(plain(text), below)
        if self.damage.loss is Loss.SPACES:
            text = unexpanded(plain(text), self.damage)
            twin = self.known.lines.get(key(text), "").strip()
            body = text.lstrip()
            return text[: len(text) - len(body)] + (twin or body)
        return text

    def _crlf(self, placed: Placed) -> str:
        """The CR that added lines need in a file that has them, if a mailer took them."""
        there = self.plan.text.lines[placed.at : placed.end]
        has = bool(there) and all(line.endswith("\r\n") for line in there)
        return "\r" if has and not any(line.text.endswith("\r") for line in placed.old) else ""


def _spaced_string(line: Line) -> bool:
    return line.kind == "+" and '"' in line.text and " " in line.text.partition('"')[2]


def _refuse_blank_changes(plan: _Plan) -> None:
    """A change of white space only is what was lost."""
    for placed in plan.placed:
        for group in _groups(placed.lines):
            old = [key(line.text) for line in group if line.kind == "-"]
            new = [key(line.text) for line in group if line.kind == "+"]
            if old and old == new:
                raise PatchBroken(
                    f"{plan.file.path}, hunk {placed.hunk.number} changes only white space, "
                    "which the patch has lost",
                    "take the patch from the mail itself",
                )


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        if line.kind != " ":
            group.append(line)
        elif group:
            yield group
            group = []
    yield group


def _check_deleted(plan: _Plan, edits: Sequence[Edit]) -> None:
    if plan.file.new_path is None and "".join(new_lines(plan.text, edits)):
        raise PatchBroken(
            f"{plan.file.path}: the patch deletes it, but it holds more than the patch knows of",
            explain.origin(plan.file, plan.before),
        )


def _blob_note(plan: _Plan, after: str, repaired: bool) -> list[RepairNote]:
    """What the index line's second blob says of the result."""
    file = plan.file
    if is_blob(after, file.new_blob):
        said = f"the result is the very file its author had (blob {file.new_blob[:12]})"
        return [RepairNote(file.path, 0, text=said)] if repaired else []
    if not is_blob(plan.before, file.old_blob) or not file.new_blob.strip("0"):
        return []
    said = f"the result is not blob {file.new_blob[:12]}, which the patch names: " + (
        "white space inside lines differs" if repaired else "it was edited or cut off"
    )
    return [RepairNote(file.path, 0, text=said)]


def _change(plan: _Plan, after: str) -> Change:
    file = plan.file
    before = None if file.old_path is None else plan.before
    gone = file.new_path is None
    return Change(file.old_path, file.new_path, before, None if gone else after, file.copied)

# SPDX-License-Identifier: GPL-2.0-only
"""Text → file diffs: unified diffs with git's extended headers (git-diff(1), "GENERATING PATCHES").

Text around the diff (a mail, a web page) is skipped, hunks are read by patch/body.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from msgspec.structs import replace

from orchestrator.model.diff import FileDiff, Hunk
from orchestrator.model.errors import PatchBroken
from orchestrator.patch.body import read_body

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)")
_GIT = "diff --git "
_SAME = re.compile(r"a/(?P<path>.+) b/(?P=path)$")
_BINARY = re.compile(r"Binary files .* differ$|GIT binary patch$")
_INDEX = re.compile(r"index ([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: ([0-7]{6}))?$")
_STAMP = re.compile(r"\t.*$")
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_LONGEST = 3 * 4096  # two paths (PATH_MAX), with room for quotes
_NOTHING = "/dev/null"


def parse_diff(text: str) -> tuple[FileDiff, ...]:
    """Every file the diff touches, in its order; () if there is no diff in it.

    Raises PatchBroken if it is cut off, or if a hunk has more or fewer lines than its header says.
    """
    lines = _unix(text).split("\n")
    whole = not lines[-1]
    reader = _Reader(lines[:-1] if whole else lines, whole)
    while reader.at < len(reader.lines):
        reader.step()
    reader.close()
    return tuple(reader.files)


def _unix(text: str) -> str:
    """Without CRs, if a mailer put one at every line; a patch of a CRLF file keeps its own."""
    headers = re.findall(r"^(?:@@ -\d.*|--- .*|\+\+\+ .*)$", text, re.MULTILINE)
    if headers and all(line.endswith("\r") for line in headers):
        return re.sub(r"\r+$", "", text, flags=re.MULTILINE)
    return text


@dataclass
class _Reader:
    lines: list[str]
    whole: bool  # the last line has its line end
    at: int = 0
    file: FileDiff | None = None
    files: list[FileDiff] = field(default_factory=list)
    hunks: list[Hunk] = field(default_factory=list)

    def step(self) -> None:
        line = self.lines[self.at]
        header = HUNK.match(line)
        if line.startswith(_GIT):
            self.close()
            self._git_headers()
        elif _names_files(self.lines, self.at):
            if self.file is None or self.hunks or self.file.binary:
                self.close()
                self.file = FileDiff(None, None)
            self._names()
        elif header and self.file:
            self._hunk(header)
        elif header:
            raise PatchBroken(
                f"line {self.at + 1}: a hunk, but no --- and +++ lines before it",
                "the patch is cut off at its start: take it whole",
            )
        else:
            self.at += 1

    def close(self) -> None:
        if self.file:
            self.files.append(_checked(replace(self.file, hunks=tuple(self.hunks))))
        self.file, self.hunks = None, []

    def _git_headers(self) -> None:
        names = self.lines[self.at][len(_GIT) :]
        self.file = _git_names(names)
        self.at += 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if _BINARY.match(line):
                self.file = replace(self.file, binary=True)
            changed = _extended(self.file, line)
            if changed is None:
                return
            self.file = changed
            self.at += 1

    def _names(self) -> None:
        assert self.file
        old, new = (_path(self.lines[self.at + ahead][4:]) for ahead in (0, 1))
        known = self.file
        if known.renamed or known.copied:  # the rename lines have said it without prefixes
            old, new = known.old_path, known.new_path
        self.file = replace(known, old_path=old, new_path=new)
        self.at += 2

    def _hunk(self, header: re.Match[str]) -> None:
        assert self.file
        end = self.at + 1
        while end < len(self.lines) and not self._structure(end):
            end += 1
        old, old_count, new, new_count = (int(n) if n else 1 for n in header.groups()[:4])
        where = f"{self.file.path}: hunk {len(self.hunks) + 1}"
        most = self.at + 1 + 2 * (old_count + new_count) + 2
        ahead = self.lines[self.at + 1 : max(most, end)]
        body, used = read_body(ahead, end - self.at - 1, old_count, new_count, where)
        at_end = self.at + 1 + used == len(self.lines) and not self.whole
        if at_end and ahead[used - 1][:1] == "+":
            raise PatchBroken(
                f"{where}: the patch ends within an added line, which may be cut off",
                "take it whole; its last line must end with a line feed",
            )
        self.hunks.append(
            Hunk(
                len(self.hunks) + 1,
                *(old, old_count, new, new_count),
                header[5].strip(),
                body.readings,
                body.intact,
            )
        )
        self.at += 1 + used

    def _structure(self, at: int) -> bool:
        line = self.lines[at]
        return bool(HUNK.match(line)) or line.startswith(_GIT) or _names_files(self.lines, at)


def _names_files(lines: list[str], at: int) -> bool:
    if not lines[at].startswith("--- ") or at + 2 >= len(lines):
        return False
    return lines[at + 1].startswith("+++ ") and bool(HUNK.match(lines[at + 2]))


def _git_names(names: str) -> FileDiff:
    """Of "a/x b/x"; with unlike names the rename or ---/+++ lines say it later."""
    if len(names) > _LONGEST:
        raise PatchBroken(f"a file name of {len(names)} characters", "is it a diff?")
    same = _SAME.match(names.rstrip())
    if same:
        return FileDiff(same["path"], same["path"])
    quoted = re.match(r'("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$', names.rstrip())
    if quoted:
        return FileDiff(_path(quoted[1]), _path(quoted[2]))
    return FileDiff(names, names)


def _extended(file: FileDiff, line: str) -> FileDiff | None:
    """The file with what an extended header line says of it; None if it is none."""
    word, _, value = line.rpartition(" ")
    index = _INDEX.match(line.rstrip())
    if index:
        mode = index[3] or ""
        file = replace(file, old_blob=index[1], new_blob=index[2])
        return replace(file, old_mode=file.old_mode or mode, new_mode=file.new_mode or mode)
    if word == "new file mode":
        return replace(file, old_path=None, new_mode=value)
    if word == "deleted file mode":
        return replace(file, new_path=None, old_mode=value)
    if word in ("old mode", "new mode"):
        side = "old_mode" if word.startswith("old") else "new_mode"
        return replace(file, **{side: value})
    if re.match(r"(dis)?similarity index \d+%$", line) or _BINARY.match(line):
        return file
    return _moved(file, line)


def _moved(file: FileDiff, line: str) -> FileDiff | None:
    moved = re.match(r"(rename|copy) (from|to) (.+)$", line)
    if not moved:
        return None
    path = _unquoted(moved[3])
    file = replace(file, renamed=moved[1] == "rename", copied=moved[1] == "copy")
    return replace(file, old_path=path) if moved[2] == "from" else replace(file, new_path=path)


def _path(name: str) -> str | None:
    """Of "a/kernel/kthread.c<tab>date"; None for /dev/null."""
    name = _unquoted(_STAMP.sub("", name).strip())
    if name == _NOTHING:
        return None
    first, slash, rest = name.partition("/")
    # -p1, as `git apply`: whatever stands for a/ and b/ goes; an absolute path stays one.
    return rest if slash and first else name


def _unquoted(name: str) -> str:
    """git quotes names with odd bytes as C strings (core.quotePath)."""
    if len(name) < 2 or name[0] != '"' or name[-1] != '"':
        return name

    def byte(escape: re.Match[str]) -> str:
        code = escape[1]
        return chr(int(code, 8) & 0xFF) if len(code) == 3 else _ESCAPES.get(code, code)

    raw = _ESCAPE.sub(byte, name[1:-1])
    return raw.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _checked(file: FileDiff) -> FileDiff:
    if not file.path:
        raise PatchBroken("the diff names /dev/null on both sides", "is it cut off?")
    quiet = file.renamed or file.copied or file.binary or file.old_mode != file.new_mode
    empty = file.old_path is None or file.new_path is None  # an empty file comes or goes
    if not (file.hunks or quiet or empty):
        raise PatchBroken(f"{file.path}: the patch ends before its first hunk", "take it whole")
    return file

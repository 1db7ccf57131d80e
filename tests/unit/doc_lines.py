# SPDX-License-Identifier: GPL-2.0-only
"""Lines that our documents and `--help` show for typing, each with what is known of running it.

What is known stands in doc_lines.toml, by the line as it is shown without its comment:

    ["orchestrate shrink latest"]          or ["docs/shrink.md: ..."] for that page alone
    exit = 1            exit code that the document tells; 0 if left out
    says = "REGEX"      what must be in its output
    typed = ["..."]     what a reader types for it, if it has placeholders; {name}: World.facts
    keys = [[WAIT, KEY]]    typed on a terminal: the regex that is waited for, what is sent then
    before = ["name"]   what a reader has done before: methods of World
    stays = "REGEX"     goes on until the page ends, and has said so when it is at work
    slow = true         takes minutes: tox -e slow
    named = "reason"    not run, and why

A line without an entry is run as it is and must end with 0. Nothing here has side effects.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from doc_commands import DOCUMENTS, HOME, every

TABLE = Path(__file__).with_suffix(".toml")
_PROGRAMS = {
    "orchestrate", "pytest", "cd", "mkdir", "git", "dask", "openssl", "chmod", "pip", "eval", "tox",
    "./bootstrap", "exec", ".venv/bin/python", "sphinx-build",
}  # fmt: skip
_ASSIGNED = re.compile(r"(?:[A-Z_]+=(?:'[^']*'|\S*) +)*")
_COMMENT = re.compile(r"(?:^|\s+)#\s.*$")
_GOES = re.compile(r"(?:mkdir (?P<made>\S+) && )?cd (?P<to>\S+)")


@dataclass(frozen=True)
class Line:
    """page: "README.md", "docs/shell.md" or "help shell"; goes: lines of that page before it which
    change the folder."""

    page: str
    text: str
    goes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For a person."""
        return f"{self.page}: {self.text}"


@dataclass(frozen=True)
class Known:
    """What doc_lines.toml says of a line."""

    exit: int = 0
    says: str = ""
    typed: list[str] = field(default_factory=list)
    keys: list[list[str]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    stays: str = ""
    slow: bool = False
    named: str = ""


def lines_of(page: str, text: str) -> Iterator[Line]:
    """Lines for typing in the code blocks of a Markdown text, in order."""
    fence, goes = "", ()
    for raw in text.replace("\\\n", " ").splitlines():
        if raw.startswith("```"):
            fence = "" if fence else raw.removeprefix("```") or "sh"
        elif fence in ("sh", "console") or (not fence and raw.startswith("    ")):
            for said in typed(raw):
                yield Line(page, said, goes)
                goes = (*goes, said) if _GOES.fullmatch(said) else goes


def typed(raw: str) -> Iterator[str]:
    """The line without prompt, comment and needless space, if it is one that a shell takes."""
    said = _COMMENT.sub("", raw.strip().removeprefix("$ ")).rstrip()
    words = said[_ASSIGNED.match(said).end() :].split()  # type: ignore[union-attr]
    if words and words[0] in _PROGRAMS:
        yield re.sub(r"\s+", " ", said)


def all_lines() -> list[Line]:
    """Of README, the other documents and each command's help, in a reader's order."""
    first = [HOME / "README.md", *(path for path in DOCUMENTS if path.parent == HOME / "docs")]
    pages = [*first, *(path for path in DOCUMENTS if path not in first)]
    found = []
    for path in pages:
        found += lines_of(str(path.relative_to(HOME)), path.read_text())
    for name, command in every():
        page = f"help {name.removeprefix('orchestrate').strip()}".strip()
        text = (command.epilog or "").replace("\b", "")
        examples = (line.strip() for line in text.splitlines() if line.startswith(" "))
        found += lines_of(page, "\n".join(f"    {line}" for line in examples))
    return found


def distinct(lines: list[Line], table: dict[str, Known]) -> list[Line]:
    """Each text once, where it comes first; again on pages that have an entry of their own."""
    seen, found = set(), []
    for line in lines:
        key = line.name if line.name in table else line.text
        if key not in seen:
            seen.add(key)
            found.append(line)
    return found


def read_table() -> dict[str, Known]:
    """By line, or by page and line."""
    return {key: Known(**each) for key, each in tomllib.loads(TABLE.read_text()).items()}


def known(line: Line, table: dict[str, Known]) -> Known:
    return table.get(line.name) or table.get(line.text) or Known()

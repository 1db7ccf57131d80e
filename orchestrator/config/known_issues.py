# SPDX-License-Identifier: GPL-2.0-only
"""Known issues: TOML files that name findings which a patch is not to blame for.

[[issue]]
id = "bind-mask-warning"
signature = "0123456789ab"      # as reports show it; or a title, with * and ? as in a shell:
# title = "WARNING in kthread_bind_*"
owner = "who@example.org"
reason = "reported upstream, fix queued"
expires = 2027-01-31            # the last day it holds
proof = "base/run.json"         # a run without patches that shows it; beside this file
"""

from __future__ import annotations

import datetime
import re
import tomllib
from pathlib import Path
from typing import Any

from msgspec import Struct

from orchestrator.model.errors import UsageError
from orchestrator.model.known import KnownIssue

_REQUIRED = ("id", "owner", "reason", "expires", "proof")
_EITHER = ("signature", "title")
_HEAD = re.compile(r"\s*\[\[\s*issue\s*\]\]")
_SIGNATURE = re.compile(r"[0-9a-f]{12}")
_MIN_LITERAL = 4  # characters of a title that are no wildcard: "*" would excuse everything


class Entry(Struct, frozen=True):
    """An entry whose proof has not been looked at yet. proof: run.json, or its folder."""

    issue: KnownIssue
    proof: Path


def load_known_issues(path: Path) -> tuple[Entry, ...]:
    """The entries of a file. UsageError says what, where and what to do."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the known issues {path}: {error}") from error
    return parse_known_issues(path, text)


def parse_known_issues(path: Path, text: str) -> tuple[Entry, ...]:
    """The entries in `text`; `path` names it in errors, and proofs are beside it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}", "known issues are TOML") from error
    raw = table.get("issue", [])
    if table.keys() - {"issue"} or not isinstance(raw, list):
        raise UsageError(f"{path}:1: only [[issue]] tables belong here")
    lines = [n for n, line in enumerate(text.splitlines(), start=1) if _HEAD.match(line)]
    entries: list[Entry] = []
    for index, row in enumerate(raw):
        where = f"{path}:{lines[index] if index < len(lines) else 1}"
        entry = _entry(path, where, row)
        if any(entry.issue.id == other.issue.id for other in entries):
            raise UsageError(f"{where}: a second issue {entry.issue.id!r}", "ids are unique")
        entries.append(entry)
    return tuple(entries)


def _entry(path: Path, where: str, row: Any) -> Entry:
    if not isinstance(row, dict):
        raise UsageError(f"{where}: issue is not a [[issue]] table", "write [[issue]]")
    known = {*_REQUIRED, *_EITHER}
    for key in row.keys() - known:
        raise UsageError(f"{where}: unknown key {key!r}", f"keys: {', '.join(sorted(known))}")
    for key in _REQUIRED:
        if key not in row:
            raise UsageError(f"{where}: no {key}", f"every issue has {', '.join(_REQUIRED)}")
    for key in row.keys() - {"expires"}:
        if not isinstance(row[key], str) or not row[key].strip():
            raise UsageError(f"{where}: {key} is not a text", "write it in quotes")
    if type(row["expires"]) is not datetime.date:
        raise UsageError(f"{where}: expires is no date", "write 2027-01-31, without quotes")
    _check_matcher(where, row)
    issue = KnownIssue(**{key: row[key] for key in row if key != "proof"})
    return Entry(issue, path.parent / row["proof"])


def _check_matcher(where: str, row: dict[str, Any]) -> None:
    given = [key for key in _EITHER if key in row]
    if len(given) != 1:
        raise UsageError(f"{where}: needs a signature or a title, and not both")
    if "signature" in row and not _SIGNATURE.fullmatch(row["signature"]):
        hint = "12 hex digits, as run.json and the report show them"
        raise UsageError(f"{where}: {row['signature']!r} is no signature", hint)
    if len(re.sub(r"[*?\s]|\[.*?\]", "", row.get("title", "literal"))) < _MIN_LITERAL:
        raise UsageError(f"{where}: the title {row['title']!r} fits anything", "name the finding")

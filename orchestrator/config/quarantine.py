# SPDX-License-Identifier: GPL-2.0-only
"""The quarantine: a TOML file, kept in git, of failures that don't count for a while.

[[quarantine]]
tests = "orch_stop.*"           # suite.case, with * and ? as in a shell; "*": the whole cell
cells = "*/-/*/numa4"           # tree/patch/config/topology, - for none; may be left out: all
owner = "who@example.org"
reason = "times out when the host is busy; being looked at"
until = 2027-01-31              # the last day it holds
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from orchestrator.config.toml_lines import Lines, parse
from orchestrator.model.errors import UsageError
from orchestrator.model.standing import Quarantine

_TABLE = "quarantine"
_REQUIRED = ("tests", "owner", "reason", "until")
_KEYS = ("tests", "cells", "owner", "reason", "until")


def load_quarantine(path: Path | None) -> tuple[Quarantine, ...]:
    """The entries of a file; none if there is no file. UsageError says what, where and what to
    do."""
    if path is None:
        return ()
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the quarantine {path}: {error}") from error
    return parse_quarantine(path, text)


def parse_quarantine(path: Path, text: str) -> tuple[Quarantine, ...]:
    """The entries in `text`; `path` names it in errors."""
    table = parse(path, text, "quarantines")
    lines = Lines(path, text)
    for key in table:
        if key != _TABLE:
            line = max(lines.of("", 0, key), lines.of(key))
            raise lines.error(line, f"unknown key {key!r}", f"only [[{_TABLE}]] tables belong here")
    rows = table.get(_TABLE, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise lines.error(1, f"{_TABLE} is not a [[{_TABLE}]] table", f"write [[{_TABLE}]]")
    return tuple(_entry(lines, index, row) for index, row in enumerate(rows))


def _entry(lines: Lines, index: int, row: dict[str, Any]) -> Quarantine:
    line = lines.of(_TABLE, index)
    for key, value in row.items():
        at = lines.of(_TABLE, index, key)
        if key not in _KEYS:
            raise lines.error(at, f"unknown key {key!r}", f"keys: {', '.join(_KEYS)}")
        if key == "until":
            if type(value) is not datetime.date:
                raise lines.error(at, "until is no date", "write 2027-01-31, without quotes")
        elif not isinstance(value, str) or not value.strip():
            raise lines.error(at, f"{key} is not a text", "write it in quotes")
    for key in _REQUIRED:
        if key not in row:
            raise lines.error(line, f"no {key}", f"every entry has {', '.join(_REQUIRED)}")
    entry = Quarantine(
        tests=row["tests"],
        cells=row.get("cells", "*"),
        owner=row["owner"],
        reason=row["reason"],
        until=row["until"].isoformat(),
        line=line,
    )
    if not (entry.tests + entry.cells).strip("*?/-."):
        raise lines.error(line, "this means every test of every cell", "name tests or cells")
    return entry

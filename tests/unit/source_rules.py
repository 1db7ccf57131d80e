# SPDX-License-Identifier: GPL-2.0-only
"""The house rules one can read off the source: who imports whom, who prints, who reads files."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "orchestrator"
SPDX = "# SPDX-License-Identifier: GPL-2.0-only"

# Room → rooms it may import besides itself. cli and testing may import any.
ALLOWED: dict[str, set[str]] = {
    "model": set(),
    "plan": {"model"},
    "config": {"model"},
    "parse": {"model"},
    "patch": {"model"},
    "judge": {"model"},
    "mail": {"model"},
    "report": {"model"},
    "edge": {"config", "mail", "plan", "model"},
    "workflow": {"edge", "config", "judge", "mail", "parse", "patch", "plan", "report", "model"},
}
ANYTHING = {"cli", "testing"}
# What crosses the rooms for a reason: (file, room).
EXCEPTIONS = {("edge/rundir.py", "parse")}  # the type of what it reads, no parsing
# What records are made of; nothing that reads or writes.
RECORDS = {"msgspec", "msgspec.Struct", "msgspec.field"}
# Of a record each would say nothing until it is called; msgspec.structs has them.
NOT_OF_RECORDS = {f"dataclasses.{name}" for name in ("asdict", "astuple", "fields", "replace")}
PROCESSES = {"subprocess", "asyncio.subprocess", "multiprocessing"}
NO_FILES = {"mail", "parse", "patch", "report"}
_OPENERS = {"open", "read_text", "read_bytes", "write_text", "write_bytes"}


def modules(root: Path) -> Iterator[tuple[str, str]]:
    """(path below the package, source) of every file."""
    for path in sorted((root / PACKAGE).rglob("*.py")):
        yield str(path.relative_to(root / PACKAGE)), path.read_text()


def violations(file: str, source: str) -> list[str]:
    """What a file does that its room may not, each with its line."""
    room = file.split("/")[0] if "/" in file else ""
    found = [] if source.startswith(SPDX + "\n") else [f"{file}:1: no SPDX line"]
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for name in _imported(node):
            found += [f"{file}:{_line(node)}: {why}" for why in _bad_import(file, room, name)]
        if isinstance(node, ast.Call):
            found += [f"{file}:{node.lineno}: {why}" for why in _bad_call(room, node)]
    return found


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0))


def _imported(node: ast.AST) -> list[str]:
    """Dotted names; `from a import b` gives both a and a.b, since b may be a module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        if node.level:
            return ["." * node.level + (node.module or "")]
        module = node.module or ""
        return [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return []


def _bad_import(file: str, room: str, name: str) -> Iterator[str]:
    if name.startswith("."):
        yield f"relative import {name}"
    first, _, rest = name.partition(".")
    if name in NOT_OF_RECORDS:
        yield f"imports {name}; records are msgspec Structs"
    if name in PROCESSES and room != "edge":
        yield f"imports {name}; only edge/ starts processes"
    if first == PACKAGE and rest:
        other = rest.split(".")[0]
        if room in ALLOWED and other != room and other not in ALLOWED[room]:
            if (file, other) not in EXCEPTIONS and other != "__version__":
                yield f"{room}/ imports {other}/"
        elif room and room not in ALLOWED and room not in ANYTHING:
            yield f"{room}/ is a room without a rule"
    elif room == "model" and not _bare(name):
        yield f"model/ imports {name}, which is not in the standard library"


def _bare(name: str) -> bool:
    """May model/ rest on it?"""
    return name in RECORDS or name.partition(".")[0] in {*sys.stdlib_module_names, PACKAGE}


def _bad_call(room: str, node: ast.Call) -> Iterator[str]:
    called = node.func
    name = called.id if isinstance(called, ast.Name) else ""
    name = called.attr if isinstance(called, ast.Attribute) else name
    if name == "print" and isinstance(called, ast.Name) and room not in ANYTHING:
        yield "print(); only cli/ prints"
    # document.open(frame) opens no file; path.open() and path.open("rb") do.
    own_method = isinstance(called, ast.Attribute) and name == "open" and _takes_value(node)
    if room in NO_FILES and name in _OPENERS and not own_method:
        yield f"{name}(); {room}/ works on what it is given"


def _takes_value(node: ast.Call) -> bool:
    return bool(node.args) and not isinstance(node.args[0], ast.Constant)

# SPDX-License-Identifier: GPL-2.0-only
"""Imports point one way, and each room does only what it may."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_rules import ALLOWED, SPDX, modules, violations

ROOT = Path(__file__).parents[2]
SOURCES = dict(modules(ROOT))


@pytest.mark.parametrize("file", SOURCES)
def test_the_rules_hold(file: str) -> None:
    assert violations(file, SOURCES[file]) == []


def test_there_are_files_in_every_room() -> None:
    rooms = {file.split("/")[0] for file in SOURCES if "/" in file}
    assert set(ALLOWED) <= rooms
    assert len(SOURCES) > 60


@pytest.mark.parametrize("folder", ["tests", "kmod", "rootfs", "kernel-configs"])
def test_every_file_beside_the_package_names_its_licence(folder: str) -> None:
    kinds = {".py", ".c", ".h", ".sh", ".config", ".toml", ".S"}
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in kinds]
    bare = [str(path) for path in files if "SPDX-License-Identifier" not in path.read_text()[:200]]
    assert bare == []


# file, source without its SPDX line → what is said of it
PLANTED = [
    ("parse/x.py", "from orchestrator.edge.store import Store", "2: parse/ imports edge/"),
    ("parse/x.py", "import orchestrator.judge.case", "2: parse/ imports judge/"),
    ("plan/x.py", "from orchestrator import config", "2: plan/ imports config/"),
    ("model/x.py", "from orchestrator.plan import qemu", "2: model/ imports plan/"),
    ("judge/x.py", "def f():\n    from orchestrator.parse import ktap", "3: judge/ imports parse/"),
    ("report/x.py", "from orchestrator.cli import show", "2: report/ imports cli/"),
    ("edge/x.py", "from orchestrator.parse import ktap", "2: edge/ imports parse/"),
    ("edge/x.py", "from orchestrator.judge import verdict", "2: edge/ imports judge/"),
    ("workflow/x.py", "from orchestrator.cli import show", "2: workflow/ imports cli/"),
    ("model/x.py", "from msgspec import json", "2: model/ imports msgspec.json"),
    ("workflow/x.py", "from dataclasses import replace", "2: imports dataclasses.replace"),
    ("model/x.py", "from rich.text import Text", "2: model/ imports rich"),
    ("plan/x.py", "from . import qemu", "2: relative import"),
    ("workflow/x.py", "import subprocess", "2: imports subprocess; only edge/"),
    ("cli/x.py", "from asyncio import subprocess", "2: imports asyncio.subprocess; only edge/"),
    ("cli/x.py", "from subprocess import run", "2: imports subprocess; only edge/"),
    ("edge/x.py", "print(1)", "2: print(); only cli/"),
    ("patch/x.py", "from orchestrator.edge.git import git", "2: patch/ imports edge/"),
    ("patch/x.py", "def f(p):\n    return p.read_text()", "3: read_text(); patch/"),
    ("parse/x.py", "x = open('f')", "2: open(); parse/"),
    ("report/x.py", "def f(p):\n    return p.read_text()", "3: read_text(); report/"),
    ("parse/x.py", "x = path.open('rb')", "2: open(); parse/"),
    ("attic/x.py", "import orchestrator.model", "2: attic/ is a room without a rule"),
]


@pytest.mark.parametrize(("file", "source", "said"), PLANTED)
def test_a_planted_violation_is_found(file: str, source: str, said: str) -> None:
    found = violations(file, f"{SPDX}\n{source}\n")
    assert any(line.startswith(f"{file}:{said}") for line in found), found


def test_a_missing_licence_is_found() -> None:
    assert violations("plan/x.py", "import re\n") == ["plan/x.py:1: no SPDX line"]
    assert violations("plan/x.py", "") == ["plan/x.py:1: no SPDX line"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("edge/x.py", "import subprocess\nfrom orchestrator.plan import make"),
        ("edge/rundir.py", "from orchestrator.parse.assemble import Channels"),
        ("cli/x.py", "print(1)\nfrom orchestrator.edge import store\nopen('f')"),
        ("report/x.py", "console.print(1)\nimport rich"),
        ("model/x.py", "import enum\nfrom orchestrator.model import job"),
    ],
)
def test_what_is_allowed_is_not_flagged(file: str, source: str) -> None:
    assert violations(file, f"{SPDX}\n{source}\n") == []

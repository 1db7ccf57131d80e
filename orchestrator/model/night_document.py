# SPDX-License-Identifier: GPL-2.0-only
"""A judged night as one document. Schema: docs/night-report.schema.json."""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.night import Attempt, CellKey, Change
from orchestrator.model.night_told import Said
from orchestrator.model.standing import Standing
from orchestrator.model.verdict import Verdict

REPORT_SCHEMA_VERSION = 1


class CaseDocument(Struct, frozen=True):
    """One test of a cell. standing: null if it simply passes."""

    name: str
    said: Said
    quarantined: bool
    standing: Standing | None


class CellDocument(Struct, frozen=True):
    """One cell. name: the same in all formats. verdict: null if it was not run."""

    name: str
    cell: CellKey
    said: Said
    quarantined: bool
    verdict: Verdict | None
    standing: Standing | None
    cases: tuple[CaseDocument, ...]
    attempts: tuple[Attempt, ...]


class StoryDocument(Struct, frozen=True):
    """One thing to tell, however many cells show it. silenced: tests of which nothing was heard
    because of it."""

    change: Change
    test: str
    title: str
    cells: tuple[str, ...]
    since: str
    silenced: tuple[str, ...] = ()


class NightName(Struct, frozen=True):
    """id: unique. Times are UTC, ISO 8601; ended_at: "" if it was interrupted."""

    id: str
    started_at: str
    ended_at: str


class NightDocument(Struct, frozen=True):
    """green: all cells that ran are proven green. changed: is there news since the night before,
    and why: in words, either way. counts: of stories, by change."""

    schema_version: int
    matrix: str
    night: NightName
    previous: NightName | None
    subject: str
    green: bool
    changed: bool
    why: tuple[str, ...]
    kernels: tuple[str, ...]
    counts: dict[str, int]
    stories: tuple[StoryDocument, ...]
    cells: tuple[CellDocument, ...]
    warnings: tuple[str, ...]

# SPDX-License-Identifier: GPL-2.0-only
"""A judged night → a document, and what a webhook is sent of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from orchestrator.model.night import Night
from orchestrator.model.night_document import (
    REPORT_SCHEMA_VERSION,
    CaseDocument,
    CellDocument,
    NightDocument,
    NightName,
    StoryDocument,
)
from orchestrator.model.night_told import ToldCell, ToldNight
from orchestrator.report.document import to_json
from orchestrator.report.json_schema import schema_of
from orchestrator.report.night_stories import Story, news, stories, subject

_MOST = 100  # stories in a webhook


def night_document(told: ToldNight) -> NightDocument:
    """All of it. Names and texts are as they were given: JSON quotes them."""
    found = stories(told)
    said = news(told)
    judged = told.judged
    return NightDocument(
        schema_version=REPORT_SCHEMA_VERSION,
        matrix=judged.night.matrix,
        night=_name(judged.night),
        previous=_name(judged.previous) if judged.previous else None,
        subject=subject(told, found),
        green=told.green,
        changed=said.changed,
        why=said.why,
        kernels=told.releases,
        counts=dict(Counter(story.change.value for story in found)),
        stories=tuple(_story(story) for story in found),
        cells=tuple(_cell(cell) for cell in told.cells),
        warnings=judged.warnings,
    )


def night_report_json(told: ToldNight) -> str:
    """As docs/night-report.schema.json has it."""
    return to_json(night_document(told))


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of it."""
    return schema_of(NightDocument)


def webhook_body(told: ToldNight) -> str:
    """The same without cells: what is news, for a receiver that wants no megabytes."""
    whole: dict[str, Any] = msgspec.to_builtins(night_document(told))
    del whole["cells"]
    left = len(whole["stories"]) - _MOST
    whole["stories"] = whole["stories"][:_MOST]
    return to_json({"event": "night", **whole, "stories_left_out": max(0, left)})


def _name(night: Night) -> NightName:
    return NightName(night.id, night.started_at, night.ended_at)


def _story(story: Story) -> StoryDocument:
    names = (f"{cell} {cell.suites}" if cell.suites else str(cell) for cell in story.cells)
    return StoryDocument(
        change=story.change,
        test=story.test,
        title=story.title,
        cells=tuple(names),
        since=min((each.since for each in story.told if each.since), default=""),
        silenced=story.mute,
    )


def _cell(told: ToldCell) -> CellDocument:
    return CellDocument(
        name=told.name,
        cell=told.cell,
        said=told.said,
        quarantined=told.quarantine is not None,
        verdict=told.verdict,
        standing=told.standing,
        cases=tuple(
            CaseDocument(case.name, case.said, case.quarantine is not None, case.standing)
            for case in told.cases
        ),
        attempts=told.attempts,
    )

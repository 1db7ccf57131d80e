# SPDX-License-Identifier: GPL-2.0-only
"""What a night and its workers send each other, and how a build's progress comes back."""

from __future__ import annotations

from msgspec import Struct

from orchestrator.edge.cluster import on_worker
from orchestrator.model.cluster import Artefact, Passport
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import StageTime, Tree
from orchestrator.model.night import Attempt, CellKey
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress, ProgressEvent, StageDone, StageStarted
from orchestrator.model.verdict import Finding
from orchestrator.workflow.boot_job import BootJob, Ready

Files = tuple[tuple[str, bytes], ...]  # (name, content) of a folder


class BuildOrder(Struct, frozen=True):
    """place: of artefacts. patches: prepared, in order. kmods: folders of further suites.
    topic: where progress is told."""

    place: str
    passport: Passport
    job: BootJob
    tree: Tree
    sources: Artefact
    mails: tuple[PatchMail, ...]
    patches: Files
    kmods: tuple[Files, ...]
    topic: str


class Built(Struct, frozen=True):
    """ready: with the builder's paths. log: of make. error: then there is no kernel."""

    ready: Ready | None
    shipped: Artefact | None
    log: bytes
    dotconfig: bytes
    stages: tuple[StageTime, ...]
    notes: tuple[str, ...]
    took_s: float
    error: OrchestrateError | None = None


class BootOrder(Struct, frozen=True):
    """id: of the attempt. ready: with paths of another machine. stages, notes, build_s: of the
    build; None: not this run's."""

    place: str
    passport: Passport
    id: str
    cell: CellKey
    number: int
    job: BootJob
    ready: Ready
    shipped: Artefact
    sources: str
    build_s: float | None
    stages: tuple[StageTime, ...]
    notes: tuple[str, ...]


class Booted(Struct, frozen=True):
    """attempt: run_dir is to be filled in. run: the packed directory; None: it could not be."""

    attempt: Attempt
    findings: tuple[Finding, ...]
    run: Artefact | None


def teller(topic: str) -> Progress:
    """On the worker: sends what happens to whoever listens to the topic."""

    def tell(event: ProgressEvent) -> None:
        if isinstance(event, StageStarted):
            on_worker.tell(topic, {"stage": event.stage, "detail": event.detail})
        elif isinstance(event, StageDone):
            on_worker.tell(topic, {"done": event.stage, "took_s": event.took_s,
                                   "cached": event.cached, "detail": event.detail})  # fmt: skip
        elif isinstance(event, Note):
            on_worker.tell(topic, {"note": event.text})

    return tell


def told(message: object) -> ProgressEvent | None:
    """The same, back again; None if it is not one of ours."""
    if not isinstance(message, dict):
        return None
    detail = str(message.get("detail", ""))
    if "stage" in message:
        return StageStarted(str(message["stage"]), detail)
    if "done" in message:
        took_s = float(message.get("took_s", 0.0))
        return StageDone(str(message["done"]), took_s, bool(message.get("cached")), detail)
    return Note(str(message["note"])) if "note" in message else None

# SPDX-License-Identifier: GPL-2.0-only
"""Known issues and their proofs: read before the run, so that a verdict can count on them."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from orchestrator.config.known_issues import Entry, load_known_issues
from orchestrator.judge.known import means
from orchestrator.model import rundir as names
from orchestrator.model.document import RunDocument
from orchestrator.model.known import KnownIssue, Proof
from orchestrator.report.document import read_document

DIRTY = ", dirty)"  # how edge/snapshot.py names a tree with uncommitted changes


def known_issues(file: Path | None) -> tuple[KnownIssue, ...]:
    """Every entry of the file, each with its proof or with the reason why it is refused.

    Raises UsageError if the list itself is wrong.
    """
    return tuple(_proven(entry) for entry in load_known_issues(file)) if file else ()


def _proven(entry: Entry) -> KnownIssue:
    path = entry.proof / names.RUN if entry.proof.is_dir() else entry.proof
    try:
        run = read_document(path.read_text())
    except (OSError, ValueError) as error:
        return replace(entry.issue, refused=f"its proof {path} cannot be read: {_why(error)}")
    if run.patches:
        return replace(entry.issue, refused=f"its proof {path} is a run with patches")
    if run.tree.endswith(DIRTY):
        return replace(entry.issue, refused=f"its proof {path} is a run of changed sources")
    if run.outcome is None:
        return replace(entry.issue, refused=f"its proof {path} is a run that never booted")
    seen = tuple(
        dict.fromkeys(
            finding.signature
            for finding in run.findings
            if finding.signature and means(entry.issue, finding)
        )
    )
    if not seen:
        what = entry.issue.signature or entry.issue.title
        return replace(entry.issue, refused=f"its proof {path} does not show {what}")
    return replace(entry.issue, proof=_proof(path, run, seen))


def _proof(path: Path, run: RunDocument, seen: tuple[str, ...]) -> Proof:
    return Proof(str(path), run.kernel_release, run.tree, run.config, run.started_at, seen)


def _why(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)

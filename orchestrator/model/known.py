# SPDX-License-Identifier: GPL-2.0-only
"""Known issues: findings that were there before the patch, and the proof that they were."""

from __future__ import annotations

import datetime

from msgspec import Struct

from orchestrator.model.verdict import Finding


class Proof(Struct, frozen=True):
    """A run without patches that shows the issue. run: its run.json, as the list names it.

    seen: the signatures of what it found that the entry means.
    """

    run: str
    release: str
    tree: str
    config: str
    started_at: str
    seen: tuple[str, ...]


class KnownIssue(Struct, frozen=True):
    """One entry of a list. Either signature or title (a glob pattern) is given.

    expires: the last day it holds. refused: why it holds for nothing; "" if proof was found.
    """

    id: str
    owner: str
    reason: str
    expires: datetime.date
    signature: str = ""
    title: str = ""
    proof: Proof | None = None
    refused: str = ""


class Excuses(Struct, frozen=True):
    """What a judge needs to tell known findings: the list, and the run it is held against.

    today: the day the run began, so that judging it again later gives the same.
    """

    issues: tuple[KnownIssue, ...]
    release: str
    today: datetime.date


def known_ids(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The known issues among some findings, each once."""
    return tuple(dict.fromkeys(finding.known for finding in findings if finding.known))

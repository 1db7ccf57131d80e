# SPDX-License-Identifier: GPL-2.0-only
"""Known issues in words: no report says "pass" of a run with one without saying so."""

from __future__ import annotations

from orchestrator.model.known import KnownIssue, known_ids
from orchestrator.model.verdict import Finding


def how_many(findings: tuple[Finding, ...]) -> str:
    """ "1 known issue", "3 known issues", or "" for none."""
    count = len(known_ids(findings))
    return f"{count} known issue{'s' if count > 1 else ''}" if count else ""


def in_words(issue_id: str, issues: tuple[KnownIssue, ...]) -> str:
    """What is known of an issue, one line: reason, owner, last day, and where it was proven."""
    issue = next((one for one in issues if one.id == issue_id), None)
    if issue is None or issue.proof is None:
        return f"known issue {issue_id}"
    proof = issue.proof
    return (
        f"known issue {issue.id}: {issue.reason} ({issue.owner}, until {issue.expires}; "
        f"seen without patches on {proof.release} from {proof.tree}: {proof.run})"
    )

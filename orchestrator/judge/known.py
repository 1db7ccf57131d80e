# SPDX-License-Identifier: GPL-2.0-only
"""Which findings are known issues, and which entries of the list do not hold, and why.

A finding is known only if the very signature was seen in a run of this release without a
patch. It can then no longer be the patch's; but it stands in for no missing evidence: what
was not run because of it is not known to be good (verdict.py asks for that).
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from orchestrator.model.known import Excuses, KnownIssue
from orchestrator.model.verdict import Fault, Finding, Verdict

# A test failed, the kernel warned, stalled or died: seen, not absent.
_EXCUSABLE = (Verdict.FAIL, Verdict.HANG, Verdict.CRASH)


def marked(finding: Finding, excuses: Excuses) -> Finding:
    """The finding, with the id of the known issue it is, if it is one."""
    for issue in excuses.issues:
        if means(issue, finding) and not objection(issue, finding, excuses):
            return replace(finding, known=issue.id)
    return finding


def means(issue: KnownIssue, finding: Finding) -> bool:
    """Is this what the entry is about?"""
    if issue.signature:
        return finding.signature == issue.signature
    return bool(issue.title) and fnmatchcase(finding.title, issue.title)


def objection(issue: KnownIssue, finding: Finding, excuses: Excuses) -> str:
    """Why the entry does not excuse the finding it means; "" if it does."""
    proof = issue.proof
    if issue.refused or proof is None:
        return issue.refused or "there is no proof"
    if excuses.today > issue.expires:
        return f"it expired on {issue.expires}"
    if proof.release != excuses.release:
        return f"its proof is of {proof.release}, this is {excuses.release}: run the base again"
    if not finding.signature:
        return "this report is too damaged to have a signature"
    if finding.signature not in proof.seen:
        return f"{proof.run} shows another signature than {finding.signature}"
    if finding.verdict not in _EXCUSABLE or finding.fault is Fault.OURS:
        return f"a finding of {finding.verdict.value!r} is something missing, not something seen"
    return ""


def objections(findings: Sequence[Finding], excuses: Excuses) -> tuple[str, ...]:
    """One line for each entry that is refused, or means a finding it does not excuse."""
    notes: list[str] = []
    for issue in excuses.issues:
        reasons = [
            objection(issue, finding, excuses)
            for finding in findings
            if means(issue, finding) and finding.known != issue.id
        ]
        reasons = [issue.refused] if issue.refused else [why for why in reasons if why]
        notes += [f"known issue {issue.id} does not count: {why}" for why in reasons[:1]]
    return tuple(notes)

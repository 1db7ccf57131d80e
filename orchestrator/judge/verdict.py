# SPDX-License-Identifier: GPL-2.0-only
"""Evidence → findings → verdict. Green must be proven; the default is "incomplete"."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.judge.case import Case
from orchestrator.judge.checks import CHECKS
from orchestrator.judge.known import marked
from orchestrator.judge.proof import conditions
from orchestrator.judge.signing import signed
from orchestrator.judge.starved import decisive, laid_on_host
from orchestrator.model.evidence import Evidence
from orchestrator.model.job import Plan
from orchestrator.model.known import Excuses
from orchestrator.model.verdict import Finding, Verdict, worst


def judge(
    plan: Plan, evidence: Evidence, excuses: Excuses | None = None
) -> tuple[Verdict, tuple[Finding, ...]]:
    """The verdict, and all that speaks against green, worst first.

    PASS with findings means that each of them is a known issue, proven at base, and that
    nothing is missing besides.
    """
    case = Case(plan, evidence)
    found = [signed(finding) for check in CHECKS for finding in check(case)]
    findings = [laid_on_host(finding, case) for finding in found]
    if excuses:
        findings = [marked(finding, excuses) for finding in findings]
    # sorted() is stable: among equals, the order of CHECKS and of the log stays.
    deciding = decisive(findings)
    ranked = sorted(deciding, key=lambda finding: _rank(finding.verdict), reverse=True)
    ranked += [finding for finding in findings if finding not in deciding]
    if ranked and all(one.known for one in ranked) and proven(case, _failures(ranked)):
        return Verdict.PASS, tuple(ranked)
    if ranked:
        return worst(tuple(finding.verdict for finding in deciding)), tuple(ranked)
    return (Verdict.PASS if proven(case) else Verdict.INCOMPLETE), ()


def proven(case: Case, known_failures: int = 0) -> bool:
    """Everything that has to be there for green, asked for positively and once more.

    Each of these has a check that would have found its absence; this is the second lock.
    """
    return all(condition.met for condition in conditions(case, known_failures))


def _failures(findings: Sequence[Finding]) -> int:
    """How many of the findings are failed cases (checks/ktap.py)."""
    return sum(one.check == "ktap" and one.verdict is Verdict.FAIL for one in findings)


def _rank(verdict: Verdict) -> int:
    order = tuple(Verdict)  # declared from best to worst
    return order.index(verdict)

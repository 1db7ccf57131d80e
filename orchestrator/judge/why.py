# SPDX-License-Identifier: GPL-2.0-only
"""Why a run got its verdict: what decided, what green would have needed, what to do next."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Iterator, Sequence

from orchestrator.judge.case import Case
from orchestrator.judge.proof import conditions
from orchestrator.model.host_time import oddities
from orchestrator.model.inputs import WhyBuilt
from orchestrator.model.job import RunResult
from orchestrator.model.verdict import Finding, Verdict
from orchestrator.model.why import Condition, WhyVerdict

# Options of ours that say where a result goes; a command that is repeated has its own.
_PLACES = ("--run-dir", "--json", "--junit", "--html")
_GREEN = (Verdict.PASS,)


def why_verdict(
    result: RunResult, before: Verdict, built: Sequence[WhyBuilt] = (), *, looked: bool = False
) -> WhyVerdict:
    """result: judged (again); before: what its run.json says. looked: there is an autopsy."""
    deciding, alike, outranked = _ranked(result)
    return WhyVerdict(
        run_dir=str(result.run_dir),
        verdict=result.verdict,
        deciding=deciding,
        alike=alike,
        outranked=outranked,
        green=_green(result),
        green_too=tuple(_green_too(result)),
        host=tuple(_host(result)),
        built=tuple(built),
        next_commands=tuple(_next(result, deciding, looked=looked)),
        judged_before=before.value if before is not result.verdict else "",
    )


def _ranked(
    result: RunResult,
) -> tuple[Finding | None, tuple[Finding, ...], tuple[Finding, ...]]:
    """(the finding that made the verdict, others that would have, the rest)."""
    if result.verdict in _GREEN:
        return None, (), result.findings
    made = [one for one in result.findings if one.verdict is result.verdict]
    rest = tuple(one for one in result.findings if one.verdict is not result.verdict)
    return (made[0] if made else None), tuple(made[1:]), rest


def _green(result: RunResult) -> tuple[Condition, ...]:
    if not (result.plan and result.evidence):
        return (Condition("a machine that boots", False, "it never got to a boot"),)
    known = sum(
        one.check == "ktap" and one.verdict is Verdict.FAIL and bool(one.known)
        for one in result.findings
    )
    return conditions(Case(result.plan, result.evidence), known)


def _green_too(result: RunResult) -> Iterator[str]:
    """What else green needs: no finding that is not a known issue, of any check."""
    counted: dict[str, int] = {}
    for one in result.findings:
        if not one.known:
            counted[one.check] = counted.get(one.check, 0) + 1
    for check, count in counted.items():
        yield f"{count} finding{'s' if count > 1 else ''} less of the check {check!r}"


def _host(result: RunResult) -> Iterator[str]:
    for one in result.findings:
        if one.host:
            yield f"laid on the host: {one.title} ({one.host})"
    outcome = result.evidence.outcome if result.evidence else None
    if outcome:
        yield from oddities(outcome.host, outcome.speed_factor)


def _next(result: RunResult, deciding: Finding | None, *, looked: bool) -> Iterator[str]:
    """Commands to type, the most telling first."""
    run = shlex.quote(str(result.run_dir))
    again = again_command(result.command)
    verdict = result.verdict
    if verdict is Verdict.PASS:
        yield from (f"orchestrate compare --patch {_patch_file(result)}",) if result.patches else ()
        return
    if verdict is Verdict.BUILD_BROKEN:
        yield f"less {run}/build.log"
    elif verdict is Verdict.PATCH_BROKEN:
        yield f"ls {run}/patches"
    elif verdict is Verdict.INFRASTRUCTURE:
        yield again if deciding and deciding.host else "orchestrate doctor"
        if not (deciding and deciding.host):
            yield again
        return
    if looked and verdict in (Verdict.HANG, Verdict.CRASH):
        yield f"orchestrate autopsy {run}"
    suite = _suite(deciding)
    options = {word.partition("=")[0] for word in result.command}
    narrowed = options & {"--suite", "--case", "--kselftest", "--kunit"}
    if suite and not narrowed and result.command[1:2] == ("boot",):
        yield f"{again} --suite {shlex.quote(suite)}"
    else:
        yield again
    alone = result.plan and not (result.plan.session or result.plan.kunit)
    if alone and verdict in (Verdict.FAIL, Verdict.HANG, Verdict.CRASH):
        yield f"orchestrate shrink {run}"


def again_command(command: Sequence[str]) -> str:
    """The command that made a run, to be typed again: without its places for results."""
    kept: list[str] = []
    skip = False
    for word in command:
        if not skip and word.partition("=")[0] not in _PLACES:
            kept.append(word)
        skip = not skip and word in _PLACES
    return shlex.join(kept)


def _suite(finding: Finding | None) -> str:
    """The suite a finding of the results is about."""
    if finding is None:
        return ""
    words = finding.title.split()
    if finding.check == "ktap" and words and "." in words[0]:
        return words[0].partition(".")[0]
    return words[1] if finding.check == "suites" and len(words) > 1 else ""


def _patch_file(result: RunResult) -> str:
    words = result.command
    named = [after for word, after in itertools.pairwise(words) if word == "--patch"]
    return shlex.quote(named[0]) if named else "PATCH"

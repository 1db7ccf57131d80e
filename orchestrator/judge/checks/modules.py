# SPDX-License-Identifier: GPL-2.0-only
"""Modules of the user's: each must have been loaded, and unloaded at the end."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.judge.case import MAX_LINES, Case
from orchestrator.model import rundir
from orchestrator.model.evidence import ModuleRun
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict


def check_modules(case: Case) -> Iterator[Finding]:
    runs = {run.name: run for run in case.evidence.guest.modules}
    for name in (module.name for module in case.plan.modules):
        run = runs.get(name, ModuleRun(name))
        if run.insmod_status is None:
            said = "insmod never came back" if name in runs else "it was never tried"
            yield _finding(Verdict.INCOMPLETE, f"module {name} was not loaded: {said}", case, name)
        elif run.insmod_status:
            title = f"module {name} was refused: insmod ended with {run.insmod_status}"
            yield _finding(Verdict.FAIL, title, case, name)
        elif run.rmmod_status is None:
            yield _finding(Verdict.INCOMPLETE, f"module {name} was not unloaded", case, name)
        elif run.rmmod_status:
            title = f"module {name} stayed: rmmod ended with {run.rmmod_status}"
            yield _finding(Verdict.FAIL, title, case, name)


def _finding(verdict: Verdict, title: str, case: Case, name: str) -> Finding:
    return Finding("modules", verdict, Fault.TEST, title, _said(case, name))


def _said(case: Case, name: str) -> tuple[EvidenceLine, ...]:
    """What stands in the log between the marks of rootfs/steps/50-suites.sh, the last ones."""
    lines: list[EvidenceLine] = []
    inside = False
    for number, record in enumerate(case.evidence.log.records, 1):
        _, ours, mark = record.text.partition("orchestrate: ")
        if ours and mark in (f"module {name}", f"unload {name}"):
            lines, inside = [], True
        elif ours and mark.startswith((f"module {name} ended", f"unload {name} ended")):
            inside = False
        elif inside and not (lines and lines[-1].text == record.text):
            # busybox tries both system calls, so that what one refuses is said twice.
            lines.append(EvidenceLine(rundir.DMESG, number, record.text))
    return tuple(lines[:MAX_LINES])

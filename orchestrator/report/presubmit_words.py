# SPDX-License-Identifier: GPL-2.0-only
"""Presubmit → the paragraph for a cover letter, and what was left out. It says what was proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from orchestrator import __version__
from orchestrator.model.compare import Word
from orchestrator.model.presubmit import (
    NO_C_FILE,
    Check,
    Mark,
    Presubmit,
    Sort,
    SubmitStep,
    covered,
)

MORE_SUITES = 4  # beyond, they are counted


def paragraph(result: Presubmit) -> str:
    """In plain words for people who do not have the report; "" if nothing was proven of a commit.

    Of each check only those commits are named that passed it, so that no red one looks green; of
    what is not committed nothing is said.
    """
    commits = [step for step in result.steps if step.name]
    parts = [part for part in (_built(result, commits), _booted(result, commits)) if part]
    parts += _full(result)
    if not parts:
        return ""
    machine = result.accelerator.name.upper() if result.accelerator else ""
    under = f" under QEMU ({machine})" if machine else ""
    head = f"Tested with orchestrate {__version__}{under}, on top of {result.base[:12]}: "
    return head + "; ".join(parts) + "."


def _which(steps: Sequence[SubmitStep], ok: Callable[[SubmitStep], bool]) -> str:
    """ "each patch", "patches 1 and 3 of 5"; "" for none."""
    good = [step for step in steps if ok(step)]
    if not good:
        return ""
    if len(good) == len(steps):
        return "each patch" if len(steps) > 1 else "the patch"
    numbers = [str(step.number) for step in good]
    noun = "patch" if len(numbers) == 1 else "patches"
    names = numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} and {numbers[-1]}"
    return f"{noun} {names} of {len(steps)}"


def _verb(which: str, one: str, many: str) -> str:
    return many if which.startswith("patches") else one


def _built(result: Presubmit, commits: Sequence[SubmitStep]) -> str:
    def green(check: Check) -> Callable[[SubmitStep], bool]:
        return lambda step: step.mark(check).green

    built = _which(commits, green(Check.BUILD))
    clean = _which(commits, lambda step: step.mark(Check.WARNINGS).green)
    style = _which([step for step in commits if step.sort is Sort.COMMIT], green(Check.CHECKPATCH))
    ways = _ways([step.mark(Check.WARNINGS) for step in commits])
    kind = "errors or warnings" if result.strict else "errors"
    rows = [(clean, f"builds without new warnings{ways}", f"build without new warnings{ways}")]
    rows += [(built, "builds", "build")] if built != clean else []
    rows += [(style, f"has no checkpatch {kind}", f"have no checkpatch {kind}")]
    return _joined([(which, _verb(which, one, many)) for which, one, many in rows if which])


def _joined(rows: Sequence[tuple[str, str]]) -> str:
    """ "each patch builds and has no errors, patch 1 of 2 ..."."""
    said: dict[str, list[str]] = {}
    for which, what in rows:
        said.setdefault(which, []).append(what)
    return ", ".join(f"{which} {' and '.join(what)}" for which, what in said.items())


def _ways(marks: Sequence[Mark]) -> str:
    """Only what was asked of every commit that has something to compile."""
    green = [mark.said for mark in marks if mark.green and NO_C_FILE not in mark.said]
    ways = [way for way in ("W=1", "sparse") if green and all(_asked(way, said) for said in green)]
    return f" ({', '.join(ways)})" if ways else ""


def _asked(way: str, said: str) -> bool:
    """The words of judge.presubmit.of_warnings(): "none new (W=1 and sparse of 2 files, ...)"."""
    asked = said.partition("(")[2].partition(" of ")[0].split()
    return way in asked and "no" not in asked


def _booted(result: Presubmit, commits: Sequence[SubmitStep]) -> str:
    booted = _which(commits, lambda step: step.mark(Check.BOOT).green)
    if not booted:
        return ""
    marks = [step.mark(Check.BOOT) for step in commits if step.mark(Check.BOOT).green]
    cases = {mark.cases for mark in marks}
    suites = {name for mark in marks for name in mark.suites}
    many = f"{cases.pop()}" if len(cases) == 1 else f"{min(cases)} to {max(cases)}"
    names = f"{len(suites)} suites"
    if len(suites) <= MORE_SUITES:
        names = ", ".join(sorted(suites))
    return (
        f"{booted} {_verb(booted, 'boots', 'boot')} on {result.topology} ({result.config}) and "
        f"{_verb(booted, 'passes', 'pass')} {many} cases of {names}"
    )


def _full(result: Presubmit) -> list[str]:
    said = []
    configs = [each.name for each in result.full if each.mark.green and each.mark.cases]
    if configs:
        said.append(f"the last one also boots and passes with {', '.join(configs)}")
    compared = result.compared
    if compared and compared.word in (Word.SAME, Word.DIFFERS):
        base, head = compared.runs
        kinds = Counter(one.kind.value for one in compared.differences)
        what = "nothing" if not kinds else ", ".join(f"{kind} ({n})" for kind, n in kinds.items())
        said.append(f"compared with the base in {base} and {head} runs, it differs in {what}")
        ran, code = covered(compared)
        if code:
            said.append(f"{ran} of {code} changed lines with code were run")
    return said


def left_out(result: Presubmit) -> tuple[str, ...]:
    """What was not checked and why, one a row; () if nothing was left out."""
    rows: dict[str, list[str]] = {}
    for step in result.steps:
        for check, mark in step.marks:
            if mark.left_out:
                rows.setdefault(mark.said, []).append(f"{check.value} of {step.number}")
    for each in result.full:
        if each.mark.left_out:
            rows.setdefault(each.mark.said, []).append(each.name)
    return tuple(
        f"{why.removeprefix('not checked (').removesuffix(')')}: {', '.join(what)}"
        for why, what in rows.items()
    )

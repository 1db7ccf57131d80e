# SPDX-License-Identifier: GPL-2.0-only
"""A range of commits before it is sent: what was checked of each, and what was left out."""

from __future__ import annotations

import enum
from collections import Counter

from msgspec import Struct

from orchestrator.model.compare import CompareResult, Line
from orchestrator.model.job import Accelerator, StageTime
from orchestrator.model.night_run import settled
from orchestrator.model.verdict import EvidenceLine, Verdict

PRESUBMIT_SCHEMA_VERSION = 1
NO_C_FILE = "no C file of this kernel changed"  # what warnings say where nothing was compiled


class Sort(enum.Enum):
    """What a step is. The mail of a merge or of an empty commit is never sent."""

    COMMIT = "commit"
    MERGE = "merge"
    EMPTY = "empty"
    WORKING_TREE = "working tree"  # changes that are not committed


class Check(enum.Enum):
    """What is asked of a step, in the order of the table's columns."""

    CHECKPATCH = "checkpatch"
    BUILD = "build"
    WARNINGS = "warnings"
    BOOT = "boot"


class Remark(Struct, frozen=True):
    """One row of checkpatch's. level: "ERROR", "WARNING" or "CHECK". line: 1-based."""

    level: str
    kind: str  # "LONG_LINE"
    file: str
    line: int
    text: str


class Mark(Struct, frozen=True):
    """One answer. verdict None: there is none; then `said` is why.

    left_out: something could have been checked and was not, so that nothing is known of it.
    lines: what it rests on. run_dir: of the run or comparison, "" if there is none. before: when
    it was run, if an earlier presubmit did. cases: passed in the guest, of those in suites.
    """

    verdict: Verdict | None
    said: str
    lines: tuple[EvidenceLine, ...] = ()
    left_out: bool = False
    run_dir: str = ""
    before: str = ""
    took_s: float = 0.0
    suites: tuple[str, ...] = ()
    cases: int = 0
    signatures: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        return self.verdict is Verdict.PASS

    @property
    def red(self) -> bool:
        return self.verdict is not None and not self.green


def covered(result: CompareResult) -> tuple[int, int]:
    """(changed lines with code that ran, changed lines with code, as far as is known)."""
    states = Counter(line.state for cell in result.cells for line in cell.coverage)
    return states[Line.RUN], states[Line.RUN] + states[Line.NEVER]


def left_out(why: str) -> Mark:
    """Of what could have been checked."""
    return Mark(None, why, left_out=True)


def nothing(why: str) -> Mark:
    """Of what has nothing that could be checked."""
    return Mark(None, why)


class SubmitStep(Struct, frozen=True):
    """One commit, or what is not committed. number: from 1. name: commit id, "" if it is none."""

    number: int
    name: str
    title: str
    sort: Sort
    files: tuple[str, ...]
    marks: tuple[tuple[Check, Mark], ...]

    def mark(self, check: Check) -> Mark:
        return dict(self.marks)[check]


class FullMark(Struct, frozen=True):
    """One check of the last commit beyond those of every step. name: "numa+kasan", "compare"."""

    name: str
    mark: Mark


class Presubmit(Struct, frozen=True):
    """What `orchestrate presubmit` found. why_base: how the base was chosen.

    at_base: the boot of base, asked for where a boot is not green. compared: by the full part.
    stages: of sources and builds; boots are beside them. untracked: files that are no part of it,
    in words.
    """

    tree: str
    base: str
    head: str
    why_base: str
    command: tuple[str, ...]
    started_at: str
    run_dir: str
    config: str
    topology: str
    strict: bool
    steps: tuple[SubmitStep, ...] = ()
    full: tuple[FullMark, ...] = ()
    at_base: Mark | None = None
    compared: CompareResult | None = None
    accelerator: Accelerator | None = None
    kernel_release: str = ""
    stages: tuple[StageTime, ...] = ()
    untracked: str = ""
    notes: tuple[str, ...] = ()
    took_s: float = 0.0
    interrupted: bool = False
    schema_version: int = PRESUBMIT_SCHEMA_VERSION

    @property
    def all_marks(self) -> tuple[Mark, ...]:
        of_steps = (mark for step in self.steps for _, mark in step.marks)
        return (*of_steps, *(each.mark for each in self.full))

    @property
    def verdict(self) -> Verdict:
        """Of what was checked, the worst; INFRASTRUCTURE only if no kernel is worse; INCOMPLETE if
        nothing was checked."""
        said = tuple(mark.verdict for mark in self.all_marks if mark.verdict is not None)
        found = settled(said)
        hosts = Verdict.INFRASTRUCTURE in said
        return Verdict.INFRASTRUCTURE if found is Verdict.PASS and hosts else found

    @property
    def whole(self) -> bool:
        """Was all checked that could have been?"""
        return not any(mark.left_out for mark in self.all_marks)

    @property
    def exit_code(self) -> int:
        """As a boot's; 130 if it was interrupted."""
        return 130 if self.interrupted else self.verdict.exit_code

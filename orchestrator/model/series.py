# SPDX-License-Identifier: GPL-2.0-only
"""A series, judged patch by patch: what each run said, and from where to where a failure lasts."""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.verdict import Finding, Verdict, worst

SERIES_SCHEMA_VERSION = 1


class SeriesStep(Struct, frozen=True):
    """One run: number 0 is the base, number N the tree with the first N patches.

    complete: the suites were run to their end, so what the findings do not name was not there.
    booted: a guest was started, so tree and patches built. from_run: when it ran, in words, if
    that was in an earlier series that was interrupted.
    """

    number: int
    title: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    run_dir: str
    kernel_release: str = ""
    took_s: float = 0.0
    booted: bool = False
    complete: bool = False
    from_run: str = ""


class FailureSpan(Struct, frozen=True):
    """One failure over the series. first, fixed: step numbers; fixed None: never seen fixed.

    unsure_since: the failure may have begun as early as with this step, since the runs from
    there up to `first` could not have shown it; else it is `first`. last: the last step that
    showed it; between last and fixed no run could tell.
    """

    title: str
    verdict: Verdict
    first: int
    last: int
    fixed: int | None
    unsure_since: int


class SeriesResult(Struct, frozen=True):
    """What `orchestrate series` found. not_run: steps behind a patch that does not apply."""

    origin: str
    command: tuple[str, ...]
    steps: tuple[SeriesStep, ...]
    failures: tuple[FailureSpan, ...]
    not_run: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    schema_version: int = SERIES_SCHEMA_VERSION

    @property
    def verdict(self) -> Verdict:
        """PASS only if every step was run and is PASS; else the worst."""
        verdicts = tuple(step.verdict for step in self.steps)
        return worst((*verdicts, Verdict.INCOMPLETE) if self.not_run else verdicts)

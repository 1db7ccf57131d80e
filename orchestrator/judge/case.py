# SPDX-License-Identifier: GPL-2.0-only
"""What every check is given, and small helpers to point at evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from orchestrator.model import rundir
from orchestrator.model.evidence import Evidence, KtapTest, TraceEvent
from orchestrator.model.job import Plan
from orchestrator.model.verdict import EvidenceLine, Finding


class Case(Struct, frozen=True):
    """What was asked, and what came of it."""

    plan: Plan
    evidence: Evidence

    @property
    def built_in(self) -> tuple[KtapTest, ...]:
        """Results of the kernel's own suites, if any were asked for."""
        return self.evidence.ktap.tests[: self._before_init]

    @property
    def of_modules(self) -> tuple[KtapTest, ...]:
        """Results of suites that init loads."""
        return self.evidence.ktap.tests[self._before_init :]

    @property
    def _before_init(self) -> int:
        return self.evidence.at_boot.count if self.plan.kunit else 0


Check = Callable[[Case], Iterable[Finding]]


def traced(event: TraceEvent) -> EvidenceLine:
    """The line of the trace an event came from."""
    shown = " ".join(f"{key}={value}" for key, value in event.fields)
    return EvidenceLine(rundir.TRACE, event.line, f"{event.event}: {shown}")


# More evidence than this is kept in the files only.
MAX_LINES = 12

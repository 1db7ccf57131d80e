# SPDX-License-Identifier: GPL-2.0-only
"""Speed that differs, as differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.judge.compare.durations import slow_cases
from orchestrator.model.compare import Difference, Kind, Observation, Shift


def slower(
    rows: Sequence[Shift], base: Sequence[Observation], head: Sequence[Observation]
) -> tuple[Difference, ...]:
    """What takes longer in all runs of head: creating (rows of durations.shifts()), and cases."""
    return (*_slow_rows(rows, base, head), *_slow_cases(base, head))


def _slow_rows(
    rows: Sequence[Shift], base: Sequence[Observation], head: Sequence[Observation]
) -> Iterator[Difference]:
    for row in rows:
        if row.slower:
            yield Difference(
                kind=Kind.SLOW,
                where="",
                title=f"creating a {row.what} takes {row.ratio:.1f} times as long",
                base=f"{row.base_us:.0f} µs",
                head=f"{row.head_us:.0f} µs (95 % interval of the ratio "
                f"{row.low:.1f} to {row.high:.1f}, p = {row.p:.1g})",
                seen_in=len(head),
                of_head=len(head),
                of_base=len(base),
            )


def _slow_cases(base: Sequence[Observation], head: Sequence[Observation]) -> Iterator[Difference]:
    for case, slowest, fastest in slow_cases(base, head):
        yield Difference(
            kind=Kind.SLOW,
            where=case,
            title="takes longer",
            base=f"at most {slowest:.3f} s",
            head=f"at least {fastest:.3f} s",
            seen_in=len(head),
            of_head=len(head),
            of_base=len(base),
        )

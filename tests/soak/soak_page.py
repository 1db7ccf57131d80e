# SPDX-License-Identifier: GPL-2.0-only
"""What a soak showed, as docs/soak.md has it."""

from __future__ import annotations

import collections
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from soak_usage import Usage, growth


@dataclass(frozen=True)
class Ran:
    """One run that ended."""

    kind: str
    wanted: str
    verdict: str
    forked: bool
    took_s: float
    why: str = ""

    @property
    def right(self) -> bool:
        return self.verdict == self.wanted


def page(ran: Sequence[Ran], samples: Sequence[Usage], wall_s: float, at_a_time: int) -> str:
    """docs/soak.md."""
    wrong = sum(not run.right for run in ran)
    grew = growth(samples)
    lines = [
        "# Soak", "",
        f"Made by tests/soak/run.py: {len(ran)} runs in one process, {at_a_time} at a time, "
        f"{wall_s / 60:.0f} min on {os.cpu_count()} cores; {sum(run.forked for run in ran)} from a "
        "kept state.", "",
        f"Wrong verdicts: {wrong}. What grew: {', '.join(grew) or 'nothing'}.", "",
        "| run | wanted | times | right | median s |", "|---|---|---|---|---|",
    ]  # fmt: skip
    rows: dict[str, list[Ran]] = collections.defaultdict(list)
    for run in ran:
        rows[run.kind].append(run)
    for name, runs in sorted(rows.items()):
        right = sum(run.right for run in runs)
        median = statistics.median(run.took_s for run in runs)
        lines.append(f"| {name} | {runs[0].wanted} | {len(runs)} | {right} | {median:.2f} |")
    lines += [
        "", "What the process held, with no run under way:", "",
        "| runs | MiB | open files | threads | children | temporary files | mounts |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for each in samples[:: max(1, len(samples) // 10)]:
        lines.append(
            f"| {each.done} | {each.rss_mib:.1f} | {each.files} | {each.threads} | "
            f"{each.children} | {each.temporary} | {each.mounts} |"
        )
    return "\n".join(lines) + "\n"

# SPDX-License-Identifier: GPL-2.0-only
"""Where in a series each failure starts, and where it is fixed.

A finding that is missing from a run proves something only if the run could have had it: after
a build failure nothing was tested, after a crash the rest of the suites was not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from orchestrator.model.series import FailureSpan, SeriesStep
from orchestrator.model.verdict import Finding, Verdict

# What differs between two runs of one failure: how often, at which address, in which process.
_VARIES = (
    (re.compile(r" \(\d+ times\)"), ""),
    (re.compile(r"\b\d+(?= (?:records|trace events|cases|threads|tasks)\b)"), "N"),
    (re.compile(r"\+0x[0-9a-f]+/0x[0-9a-f]+"), ""),
    (re.compile(r"\b(?:0x)?[0-9a-f]{12,16}\b"), "ADDRESS"),
    (re.compile(r"\b(pid|PID|CPU|cpu)([ :#]{1,2})\d+"), r"\1\2N"),
    (re.compile(r"\b([\w./-]+)[/:]\d+(?=\]|$|,)"), r"\1"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:s|ms|us|seconds|jiffies)\b"), "TIME"),
    (re.compile(r"^patch \d+ of \d+, "), ""),
)
_BEFORE_BOOT = (Verdict.BUILD_BROKEN, Verdict.PATCH_BROKEN, Verdict.INFRASTRUCTURE)


def normalised(title: str) -> str:
    """A finding's title without what varies from run to run."""
    for pattern, instead in _VARIES:
        title = pattern.sub(instead, title)
    return title


def failure_spans(steps: Sequence[SeriesStep]) -> tuple[FailureSpan, ...]:
    """One span for each uninterrupted stretch of a failure, by where they start."""
    spans: list[FailureSpan] = []
    for key in dict.fromkeys(_key(one) for step in steps for one in step.findings):
        spans += _spans(key, steps)
    return tuple(sorted(spans, key=lambda span: span.first))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.check, normalised(finding.title)


def _spans(key: tuple[str, str], steps: Sequence[SeriesStep]) -> list[FailureSpan]:
    found: list[FailureSpan] = []
    open_span: FailureSpan | None = None
    unsure_since: int | None = None  # first of the steps right before that tell nothing
    for step in steps:
        shown = next((one for one in step.findings if _key(one) == key), None)
        if shown:
            if open_span is None:
                since = step.number if unsure_since is None else unsure_since
                open_span = FailureSpan(
                    shown.title, shown.verdict, step.number, step.number, None, since
                )
            open_span = replace(open_span, last=step.number)
        elif open_span and _disproves(step, open_span.verdict):
            found.append(replace(open_span, fixed=step.number))
            open_span = None
        tells = shown is not None or step.complete
        unsure_since = None if tells else step.number if unsure_since is None else unsure_since
    return [*found, open_span] if open_span else found


def _disproves(step: SeriesStep, verdict: Verdict) -> bool:
    """Could this step have shown a failure of that kind?"""
    return step.booted if verdict in _BEFORE_BOOT else step.complete

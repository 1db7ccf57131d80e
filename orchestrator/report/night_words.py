# SPDX-License-Identifier: GPL-2.0-only
"""Standings in words, as the formats that machines read carry them. All of it is harmless."""

from __future__ import annotations

from orchestrator.model.night_told import Said, ToldCell
from orchestrator.model.standing import Quarantine, Rate, Slowdown, Standing
from orchestrator.report.clean import clean

UNKNOWN = {
    Said.KNOWN: "failed, a known issue",
    Said.GONE: "not in tonight's run",
    Said.MISSING: "nothing was heard of it",
    Said.NOT_RUN: "it was not run",
    Said.NO_TIME: "no time was left for it",
    Said.HOST: "the host failed: nothing is known of the kernel",
}


def standing_words(standing: Standing | None) -> str:
    """ "new failure: WARNING in f (base passes tonight)", "" for None. One line."""
    if standing is None:
        return ""
    words = standing.change.value
    words += f": {standing.headline}" if standing.headline else ""
    after = [
        rate_words(standing.rate) if standing.rate else "",
        slow_words(standing.slow) if standing.slow else "",
        f"since {standing.since}" if standing.since else "",
        f"against base: {standing.against_base.value}" if standing.against_base else "",
    ]
    told = "; ".join(filter(None, after))
    return clean(f"{words} ({told})" if told else words)


def cell_words(cell: ToldCell) -> str:
    """ "fail, then pass; new failure: ..." of its attempts and its standing. One line."""
    tried = ", then ".join(attempt.verdict.value for attempt in cell.attempts)
    own = standing_words(cell.standing)
    hosts = next((one.headline for one in reversed(cell.attempts) if one.headline), "")
    unknown = UNKNOWN.get(cell.said, "")
    if cell.said is Said.HOST and hosts:
        unknown += f": {hosts}"
    return clean("; ".join(filter(None, (tried, own, unknown))))


def quarantine_words(entry: Quarantine, standing: Standing | None) -> str:
    """ "quarantined until 2027-01-31 by OWNER: reason; failed: headline" """
    words = f"quarantined until {entry.until} by {entry.owner}: {entry.reason}"
    what = standing.headline if standing else ""
    return clean(f"{words}; failed: {what}" if what else words)


def rate_words(rate: Rate) -> str:
    """ "failed in 3 of 20 runs, 5 to 36 %" """
    low, high = (f"{100 * share:.0f}" for share in (rate.low, rate.high))
    return f"failed in {rate.failed} of {rate.runs} runs, {low} to {high} %"


def slow_words(slow: Slowdown) -> str:
    """ "1.52 s, before 0.76 s: 2.0 times, 1.8 to 2.3, p = 0.001" """
    return (
        f"{slow.now_s:.3g} s, before {slow.before_s:.3g} s: {slow.ratio:.2g} times, "
        f"{slow.low:.2g} to {slow.high:.2g}, p = {slow.p:.1g}"
    )

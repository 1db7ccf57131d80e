# SPDX-License-Identifier: GPL-2.0-only
"""RunPage → one HTML page that needs nothing else: no script, no network, no other file.

The only green on it is the word of a verdict that was proven. A page is made for a person with a
kernel to mend, so text comes first, and colour says nothing that words do not.
"""

from __future__ import annotations

from functools import cache

import jinja2
import markupsafe

from orchestrator.model.run_page import FileCoverage, RunPage
from orchestrator.model.verdict import Verdict
from orchestrator.report.clean import clean
from orchestrator.report.dashboard_names import name, shown
from orchestrator.report.dashboard_plots import seconds
from orchestrator.report.document import suite_summaries
from orchestrator.report.html_template import html_environment
from orchestrator.report.known import how_many
from orchestrator.report.page_axis import scale
from orchestrator.report.page_cases import suites_shown
from orchestrator.report.page_events import events_shown
from orchestrator.report.page_findings import findings_shown
from orchestrator.report.page_placement import heats
from orchestrator.report.page_time import boot_log, machine_shown, stages_shown
from orchestrator.report.trace_threads import cases_of, timed

MOST_WARNINGS = 100
MOST_FILES = 200  # with coverage
MOST_RANGES = 300
LONGEST = 400  # characters of a line
MEANS = {
    Verdict.PASS: "every suite met its plan, the end marker came, the guest powered off cleanly",
    Verdict.SKIP: "every case was skipped: nothing was tested",
    Verdict.INCOMPLETE: "something that should be there is not",
    Verdict.FAIL: "a case failed, a tracepoint contradicts, or the kernel warned",
    Verdict.HANG: "the guest stopped making progress, or reported a stall",
    Verdict.CRASH: "oops, panic, sanitizer report, or the guest reset",
    Verdict.PATCH_BROKEN: "the patch does not apply",
    Verdict.BUILD_BROKEN: "it does not compile or not link",
    Verdict.INFRASTRUCTURE: "the host, QEMU or we failed: nothing is known of the kernel",
}


def run_page(page: RunPage, *, linked: bool = True) -> str:
    """linked: the page lies in the run directory, so that its files can be linked to."""
    result, evidence = page.result, page.result.evidence
    events = timed(evidence.trace.events) if evidence else []
    cases = cases_of(events)
    tests = evidence.ktap.tests if evidence else ()
    suites = suites_shown(tests, cases)
    shown_findings = list(findings_shown(page))
    html = _template().render(
        p=page,
        r=result,
        why=page.why,
        means=MEANS[result.verdict],
        known=how_many(result.findings),
        outcome=evidence.outcome if evidence else None,
        counts=evidence.ktap.counts if evidence else None,
        findings=shown_findings,
        more_findings=len(result.findings) - len(shown_findings),
        summaries=suite_summaries(result),
        suites=suites,
        more_suites=len(tests) - len(suites),
        stages=stages_shown(result.stages),
        machine=machine_shown(evidence) if evidence else None,
        boot=boot_log(page.log, page.times),
        heats=heats(evidence.placements, events) if evidence else (),
        events=events_shown(events, cases, page.times),
        untimed=len(evidence.trace.events) - len(events) if evidence else 0,
        loud=[line for line in page.log if 0 <= line.level <= 4][:MOST_WARNINGS],
        coverage=[
            (one, missed(one)) for one in sorted(page.coverage, key=_headers_last)[:MOST_FILES]
        ],
        linked=linked,
    )
    return html.lstrip()


@cache
def _template() -> jinja2.Template:
    made = html_environment("run.css")
    made.globals |= {
        each.__name__: each for each in (said, name, shown, seconds, scale, short, ms, size)
    }
    return made.get_template("run.html")


def _headers_last(one: FileCoverage) -> tuple[bool, str]:
    return one.file.endswith(".h"), one.file


def missed(coverage: FileCoverage) -> list[list[tuple[int, str]]]:
    """Lines that never ran, with their text; those in a row together: no line that ran is between
    two of them."""
    found: list[list[tuple[int, str]]] = []
    fresh = True
    for line, times in coverage.counts:
        if times:
            fresh = True
            continue
        if fresh:
            found.append([])
        found[-1].append((line, coverage.source.get(line, "")))
        fresh = False
    return found[:MOST_RANGES]


def short(text: str) -> str:
    """A line of any length, cut."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def said(text: str) -> markupsafe.Markup:
    """The same as markup, what is invisible made visible, whose direction is its own matter."""
    return markupsafe.Markup("<bdi>{}</bdi>").format(clean(short(text)))


def ms(time_s: float | None) -> str:
    """Of a case: "0.42 ms", "1 340 ms"."""
    if time_s is None:
        return ""
    value = time_s * 1e3
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}".replace(",", "\u202f")


def size(count: int) -> str:
    """ "512 B", "26 KiB" """
    for unit in ("B", "KiB", "MiB"):
        if count < 10_000:
            return f"{count:,} {unit}".replace(",", "\u202f")
        count >>= 10
    return f"{count} GiB"

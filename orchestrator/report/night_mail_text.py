# SPDX-License-Identifier: GPL-2.0-only
"""The text of a night's mail: 72 columns, what changed first, evidence, and how to see it again."""

from __future__ import annotations

import datetime
import shlex
import textwrap
from collections.abc import Iterator, Sequence

from orchestrator.model.night import Attempt, CellKey, Change
from orchestrator.model.night_told import Proof, ToldNight
from orchestrator.model.standing import Standing
from orchestrator.model.verdict import Finding
from orchestrator.report.clean import clean
from orchestrator.report.night_stories import ORDER, Story, title_of
from orchestrator.report.night_words import rate_words, slow_words

WIDTH = 72
# Stories of a sort.
_SHOWN = {Change.NEW_FAILURE: 30, Change.QUARANTINED: 10, Change.KNOWN: 10, Change.NOT_RUN: 5}
_MOST = 15
_CELLS = 8
_LINES = 6  # of evidence
_MUTE = 5
_COMMANDS = 3
_HEADS = {
    Change.NEW_FAILURE: "New failures",
    Change.FLAKY: "Flaky: passed in one run, failed in another",
    Change.SLOWER: "Slower",
    Change.FIXED: "Fixed",
    Change.STILL_FAILING: "Still failing",
    Change.QUARANTINED: "Quarantined, and not counted",
    Change.KNOWN: "Known issues, and not counted",
    Change.NOT_RUN: "Not run",
}
_SINCE = {
    Change.STILL_FAILING: "since the night of",
    Change.QUARANTINED: "since the night of",
    Change.FLAKY: "first seen in the night of",
    Change.FIXED: "last failed in the night of",
}
_EVIDENCE = (Change.NEW_FAILURE, Change.FLAKY, Change.STILL_FAILING)


def mail_text(told: ToldNight, found: Sequence[Story]) -> str:
    """The body. No line is wider than 72 columns, but for a single word that is."""
    lines = [*_summary(told)]
    for change in ORDER:
        told_now = [story for story in found if story.change is change]
        if told_now:
            lines += _section(told, change, told_now)
    lines += _again(told)
    for warning in told.judged.warnings:
        lines += ["", *_wrapped(f"Note: {warning}", rest="  ")]
    lines += ["", "-- ", "orchestrate nightly"]
    return "\n".join(lines) + "\n"


def _summary(told: ToldNight) -> Iterator[str]:
    judged = told.judged
    night = judged.night
    ran = sum(bool(cell.attempts) for cell in told.cells)
    yield from _wrapped(f"Matrix {night.matrix}, night of {moment(night.started_at)},", rest="  ")
    if judged.previous:
        yield from _wrapped(f"compared with the night of {moment(judged.previous.started_at)}.")
    else:
        yield "with no night before it to compare with."
    yield ""
    if told.said_nothing:
        yield from _wrapped("Nothing is known of any kernel: no cell was run to its end.")
    elif told.green:
        yield "All cells that were run are green."
    kernels = f"; kernels: {', '.join(told.releases)}" if told.releases else ""
    yield from _wrapped(f"{ran} of {len(told.cells)} cells were run{kernels}.", rest="  ")


def _section(told: ToldNight, change: Change, found: Sequence[Story]) -> Iterator[str]:
    yield ""
    head = _HEADS[change]
    yield head
    yield "-" * len(head)
    most = _SHOWN.get(change, _MOST)
    for story in found[:most]:
        yield ""
        yield from _story(told, story)
    if len(found) > most:
        yield ""
        yield f"... and {len(found) - most} more."


def _story(told: ToldNight, story: Story) -> Iterator[str]:
    yield from _wrapped(title_of(story), "* ", "  ")
    yield from _listed([_cell(cell) for cell in story.cells], _CELLS, "cells")
    for line in _standing(story.told[0]):
        yield from _wrapped(line, "  ", "    ")
    if story.change is not Change.NOT_RUN:
        yield from _listed(story.mute, _MUTE, "never ended, or began, because of it")
    if story.change in _EVIDENCE:
        yield from _evidence(told, story)


def _standing(first: Standing) -> Iterator[str]:
    if first.rate:
        yield rate_words(first.rate)
    if first.slow:
        yield slow_words(first.slow)
    if first.since and first.change in _SINCE:
        yield f"{_SINCE[first.change]} {moment(first.since)}"
    if first.against_base:
        yield f"against the base, tonight: {first.against_base.value}"
    if first.quarantine:
        entry = first.quarantine
        yield f"until {entry.until} by {entry.owner}: {entry.reason}"


def _listed(names: Sequence[str], most: int, head: str) -> Iterator[str]:
    if names:
        yield f"  {head}:"
    for name in names[:most]:
        yield from _wrapped(name, "    ", "      ")
    if len(names) > most:
        yield f"    ... and {len(names) - most} more"


def _cell(cell: CellKey) -> str:
    return f"{cell} {cell.suites}" if cell.suites else str(cell)


def _evidence(told: ToldNight, story: Story) -> Iterator[str]:
    """Lines of the log of the first run that shows it, and where that is."""
    attempt = _shown_by(told, story)
    if attempt is None:
        return
    proof = told.proofs.get(attempt.id, Proof())
    lines = [line.text for finding in _told_by(proof, story) for line in finding.evidence]
    if not lines:
        lines = [title for title in attempt.titles if title != story.title]
    if lines:
        yield ""
        for line in lines[:_LINES]:
            yield from _wrapped(line.strip(), "    ", "        ")
    yield ""
    yield from _wrapped(f"seen on {attempt.host} in {attempt.run_dir}", "  ", "    ")


def _again(told: ToldNight) -> Iterator[str]:
    """How to see it again: once, since it is the same for all runs of a night."""
    proofs = told.proofs.values()
    commands = list(dict.fromkeys(proof.command for proof in proofs if proof.command))
    scripts = [proof.replay for proof in proofs if proof.replay]
    if not (commands or scripts):
        return
    yield from ("", "To see it again", "---------------", "")
    if commands:
        yield "All of it:"
        for command in commands[:_COMMANDS]:
            yield from _command(command)
    if scripts:
        yield "The machine of one run, by hand, as here of the first that failed:"
        yield from _command(("sh", scripts[0]))


def _shown_by(told: ToldNight, story: Story) -> Attempt | None:
    """Of a run's own directory, if one is still there."""
    runs = {attempt.id: attempt for attempt in told.judged.attempts}
    found = [runs[each] for one in story.told for each in one.attempts if each in runs]
    cells = set(story.cells)
    found += [each for each in told.judged.attempts if each.cell in cells]
    red = [each for each in found if each.verdict.exit_code == 1]
    return next((each for each in red if each.id in told.proofs), red[0] if red else None)


def _told_by(proof: Proof, story: Story) -> Sequence[Finding]:
    """The finding that is this story, else the worst one."""
    own = [each for each in proof.findings if each.title == story.title]
    own += [each for each in proof.findings if story.test and each.title.startswith(story.test)]
    return (own or list(proof.findings))[:1]


def _command(words: Sequence[str]) -> Iterator[str]:
    """Shell words, with a backslash where it goes on."""
    lines, line = [], "   "
    for word in words:
        quoted = clean(shlex.quote(clean(word)))
        fits_below = 8 + len(quoted) <= WIDTH - 2
        if len(line) > 4 and len(line) + 1 + len(quoted) > WIDTH - 2 and fits_below:
            lines.append(line)
            line = "       "
        line += f" {quoted}"
    yield from (f"{each} \\" for each in lines)
    yield line


def moment(text: str) -> str:
    """ "2026-11-25 22:00 UTC" of ISO 8601; what is none stays as it is."""
    try:
        when = datetime.datetime.fromisoformat(text)
        return when.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError):
        return clean(text)


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    wrapper = textwrap.TextWrapper(
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return wrapper.wrap(clean(text).replace("\t", " ")) or [first.rstrip()]

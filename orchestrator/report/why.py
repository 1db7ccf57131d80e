# SPDX-License-Identifier: GPL-2.0-only
"""Answers of `orchestrate why` as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.inputs import InputChange, WhyBuilt
from orchestrator.model.verdict import Finding, Verdict
from orchestrator.model.why import Asked, WhyOption, WhyVerdict
from orchestrator.report.clean import clean

SHOWN_LINES = 8  # of evidence
SHOWN_OTHERS = 8  # findings besides the deciding one
SHOWN_CHANGES = 12  # inputs of one group
SHOWN_FORCED = 6


def verdict_lines(why: WhyVerdict) -> tuple[str, ...]:
    """Why a run got its verdict."""
    return tuple(map(clean, _verdict(why)))


def option_lines(why: WhyOption) -> tuple[str, ...]:
    """Why an option has its value."""
    return tuple(map(clean, _option(why)))


def built_lines(why: WhyBuilt) -> tuple[str, ...]:
    """Why an entry of the store had to be made."""
    return tuple(map(clean, _built(why)))


def _verdict(why: WhyVerdict) -> Iterator[str]:
    yield f"{why.verdict.value}: {why.run_dir}"
    if why.judged_before:
        yield f"  (it was judged {why.judged_before} when it ran)"
    if why.deciding:
        yield f"decided by {_title(why.deciding)}"
        yield from _evidence(why.deciding)
    elif why.verdict is Verdict.PASS:
        yield "nothing speaks against green, and all of this was there:"
        yield from (f"  {each.needed}: {each.seen}" for each in why.green)
    for one in why.alike[:SHOWN_OTHERS]:
        yield f"as bad:    {_title(one)}"
    for one in why.outranked[:SHOWN_OTHERS]:
        known = f", known issue {one.known}" if one.known else ""
        yield f"outranked: {_title(one)}{known}"
    hidden = sum(max(0, len(each) - SHOWN_OTHERS) for each in (why.alike, why.outranked))
    if hidden:
        yield f"and {hidden} more findings in run.json"
    if why.verdict is not Verdict.PASS:
        yield "green would have needed"
        yield from (f"  {each.needed}: {each.seen}" for each in why.green if not each.met)
        yield from (f"  {text}" for text in why.green_too)
        met = [each.needed for each in why.green if each.met]
        if met:
            yield f"  there: {', '.join(met)}"
    yield from (f"host: {text}" for text in why.host)
    for built in why.built:
        yield from _built(built)
    yield from (f"next: {command}" for command in why.next_commands)


def _title(finding: Finding) -> str:
    signed = f", signature {finding.signature}" if finding.signature else ""
    return (
        f"{finding.verdict.value} ({finding.fault.value}) {finding.title} "
        f"[check {finding.check}{signed}]"
    )


def _evidence(finding: Finding) -> Iterator[str]:
    for line in finding.evidence[:SHOWN_LINES]:
        place = f"{line.file}:{line.line}" if line.line else line.file
        yield f"    {place}: {line.text}"
    if len(finding.evidence) > SHOWN_LINES:
        yield f"    ... {len(finding.evidence) - SHOWN_LINES} more lines"
    if finding.hint:
        yield f"    {finding.hint}"


def _option(why: WhyOption) -> Iterator[str]:
    lost = " (lost)" if why.lost else ""
    yield f"{why.name} is {why.value or 'unknown'}{lost} in {why.of}"
    yield f"because: {why.decided}"
    asked = [_asked(each) for each in why.asked] or ["by no fragment"]
    yield from (f"asked:   {text}" for text in asked)
    if why.depends:
        yield f"depends: {why.depends}"
    yield from (f"denied:  {term}" for term in why.denying)
    yield from (f"select:  {term}" for term in why.forced[:SHOWN_FORCED])
    if len(why.forced) > SHOWN_FORCED:
        yield f"select:  and {len(why.forced) - SHOWN_FORCED} more"
    if why.default:
        yield f"default: {why.default}"
    if not why.prompt:
        yield "prompt:  none: selects and defaults alone set it"
    yield from (f"defined: {place}" for place in why.defined)
    if why.next_command:
        yield f"next: {why.next_command}"


def _asked(asked: Asked) -> str:
    optional = ", and may be lost" if asked.optional else ""
    reason = f": {asked.reason}" if asked.reason else ""
    return f"{asked.value} by {asked.file}:{asked.line}{optional}{reason}"


def _built(why: WhyBuilt) -> Iterator[str]:
    origin = f", {why.origin}" if why.origin else ""
    made = f", made {why.made}" if why.made else ""
    yield f"{why.kind}/{why.key}{origin}{made}"
    if why.nearest:
        of = f" ({why.nearest_origin})" if why.nearest_origin else ""
        yield f"  the nearest earlier one is {why.nearest}{of}; what differs:"
        yield from _changes(why.changes)
    if why.started_from:
        yield f"  it started from the objects of {why.started_from}"
    if why.files_differ:
        yield f"    files of the sources that differ: {why.files_differ}"
        yield from (f"      {path}" for path in why.files)
        if why.files_differ > len(why.files):
            yield f"      and {why.files_differ - len(why.files)} more"
    if why.note:
        yield f"  {why.note}"
    if why.next_command:
        yield f"next: {why.next_command}"


def _changes(changes: tuple[InputChange, ...]) -> Iterator[str]:
    shown: dict[str, int] = {}
    for each in changes:
        shown[each.group] = shown.get(each.group, 0) + 1
        if shown[each.group] > SHOWN_CHANGES:
            continue
        name = f"{each.group}, {each.name}" if each.name else each.group
        yield f"    {name}: {each.before or 'not there'} -> {each.now or 'not there'}"
    for group, count in shown.items():
        if count > SHOWN_CHANGES:
            yield f"    {group}: and {count - SHOWN_CHANGES} more"

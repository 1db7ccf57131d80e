# SPDX-License-Identifier: GPL-2.0-only
"""What a comparison is told in, on a terminal, on a page and in a reply: the same sentences."""

from __future__ import annotations

from collections import Counter

from orchestrator.model.compare import (
    Cell,
    CompareResult,
    CoveredLine,
    Difference,
    Kind,
    Line,
    Word,
)

_KIND = {
    Kind.ENDING: "does not end well",
    Kind.SPLAT: "kernel report",
    Kind.LEAK: "memory leak",
    Kind.TEST: "test",
    Kind.FINDING: "finding",
    Kind.PLACE: "placement",
    Kind.TRACE: "trace",
    Kind.ORDER: "order",
    Kind.SLOW: "slower",
    Kind.LOG: "message",
    Kind.WARNING: "compiler warning",
}


def headline(result: CompareResult) -> str:
    """The verdict in a sentence, with the number of runs it rests on."""
    base, head = result.runs
    runs = f"{base} runs of base, {head} of the patched kernel"
    if result.word is Word.SAME:
        return f"nothing differs in {runs}"
    if result.word is Word.DIFFERS:
        count = len(result.differences)
        return f"{count} difference{'s' * (count != 1)} in {runs}"
    if result.word is Word.UNSURE:
        return f"not settled in {runs}"
    return result.error


def on_claim(result: CompareResult) -> str:
    """What that means for what the patch says of itself; "" if it claims nothing."""
    if not result.claim:
        return ""
    if result.word is Word.DIFFERS:
        return f"“{result.claim}” is not true of this patch"
    if result.word is Word.SAME:
        return f"“{result.claim}” holds as far as the suites and the coverage below reach"
    return f"“{result.claim}” is not settled"


def difference_title(difference: Difference) -> str:
    """ "memory leak: orch_killed.worker: 64 bytes ..." """
    return ": ".join(filter(None, (_KIND[difference.kind], difference.where, difference.title)))


def sighting(difference: Difference) -> str:
    """ "2 of 2 patched runs, 0 of 3 of base" """
    if difference.kind is Kind.WARNING:
        return "the patched kernel's build, not base's"
    return (
        f"{difference.seen_in} of {difference.of_head} patched runs, "
        f"0 of {difference.of_base} of base"
    )


def elsewhere(difference: Difference) -> str:
    """ "and so in 12 more places: a, b, c, ..."; "" if there are none."""
    if not difference.also:
        return ""
    more = len(difference.also)
    named = ", ".join(difference.also[:3]) + (", ..." if more > 3 else "")
    return f"and so in {more} more place{'s' * (more != 1)}: {named}"


def sides(difference: Difference) -> tuple[str, str]:
    """(base, patched), in words."""
    return difference.base or "nothing of the kind", difference.head or "nothing of the kind"


def coverage_counts(lines: tuple[CoveredLine, ...]) -> dict[Line, int]:
    """How many lines of each state; those without code are counted, too."""
    return dict(Counter(line.state for line in lines))


def coverage_sentence(cell: Cell) -> str:
    """One line on the lines of the patch in this cell."""
    counts = coverage_counts(cell.coverage)
    can = counts.get(Line.RUN, 0) + counts.get(Line.NEVER, 0)
    if not can:
        why = "" if "gcov" in cell.config.split("+") else "; the fragment gcov is not in --config"
        return f"no line of the patch was counted{why}"
    words = [f"{counts.get(Line.RUN, 0)} of {can} lines with code were run"]
    if counts.get(Line.NOT_COMPILED):
        words.append(f"{counts[Line.NOT_COMPILED]} not compiled")
    return ", ".join(words)


def reply(result: CompareResult) -> str:
    """A paragraph to paste into an answer to the patch, plain text, 72 columns or so."""
    lines = [f"orchestrate compare: {headline(result)}."]
    if result.claim:
        lines.append(on_claim(result) + ".")
    for difference in result.differences[:6]:
        base, head = sides(difference)
        lines.append(f"- {difference_title(difference)}")
        lines.append(f"  base: {base}")
        lines.append(f"  patched: {head} ({sighting(difference)})")
        lines.extend(f"    {line.text}" for line in difference.evidence[:3])
        lines.extend(f"  {text}" for text in filter(None, [elsewhere(difference)]))
    if len(result.differences) > 6:
        lines.append(f"- and {len(result.differences) - 6} more")
    for cell in result.cells:
        lines.append(f"{cell.config} on {cell.topology}: {coverage_sentence(cell)}.")
    if result.kernel_release:
        lines.append(f"Kernel {result.kernel_release}, base {result.base}.")
    return "\n".join(lines)

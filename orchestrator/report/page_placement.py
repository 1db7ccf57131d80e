# SPDX-License-Identifier: GPL-2.0-only
"""Which node a thread asked for × where it landed, as tables whose cells are shaded by count.

Beyond MOST_NODES a table is not read any more: then it is drawn, and what went elsewhere is listed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import markupsafe
from msgspec import Struct

from orchestrator.model.evidence import Placement, TraceEvent
from orchestrator.report.trace_threads import signed

MOST_NODES = 16
MOST_DRAWN = 256  # nodes; a kernel may have 1024 (MAX_NUMNODES), and a hostile one says any number
MOST_LISTED = 40
SHADES = 8
ANY = -1  # NUMA_NO_NODE


class Cell(Struct, frozen=True):
    """count threads. shade: 0 for none, 1 .. SHADES. state: "here" if they asked for this node,
    "away" if they asked for another, "" if they asked for none in particular."""

    count: int
    shade: int
    state: str


class Heat(Struct, frozen=True):
    """One matrix. rows: (asked in words, its cells, how many in all). told: in words, how many got
    what they asked for. elsewhere: (asked, got, count) of those that did not."""

    title: str
    nodes: tuple[int, ...]
    rows: tuple[tuple[str, tuple[Cell, ...], int], ...]
    told: str
    elsewhere: tuple[tuple[int, int, int], ...]
    more_elsewhere: int
    named: bool  # did any ask for a node?
    drawing: markupsafe.Markup | None = None  # in place of a table


def heats(placed: Sequence[Placement], events: Iterable[TraceEvent]) -> tuple[Heat, ...]:
    """Memory, stack and CPU of threads, CPU of works; what nothing is known of is left out."""
    works = [
        (signed(event.get("asked", "-1")), signed(event.get("cpu_node", "-1")))
        for event in events
        if event.event == "orch_work"
    ]
    pairs = {
        "task_struct": [(one.asked, one.task_node) for one in placed],
        "stack": [(one.asked, one.stack_node) for one in placed],
        "CPU, first run": [(one.asked, one.cpu_node) for one in placed],
        "CPU, works": works,
    }
    nodes = sorted({node for each in pairs.values() for pair in each for node in pair if node >= 0})
    return tuple(_heat(title, each, nodes[:MOST_DRAWN]) for title, each in pairs.items() if each)


def _heat(title: str, pairs: Sequence[tuple[int, int]], nodes: Sequence[int]) -> Heat:
    tally = Counter(pairs)
    of_row = Counter(asked for asked, _ in pairs)
    most = max(tally.values())
    asked = sorted({pair[0] for pair in pairs})[: MOST_DRAWN + 1]
    rows = tuple(
        (
            "any" if row == ANY else f"node {row}",
            tuple(_cell(row, node, tally[row, node], most) for node in nodes),
            of_row[row],
        )
        for row in asked
    )
    named = sum(count for (one, _), count in tally.items() if one >= 0)
    away = sorted((*pair, count) for pair, count in tally.items() if 0 <= pair[0] != pair[1])
    here = named - sum(count for _, _, count in away)
    told = f"{here} of {named} that asked for a node got it" if named else "none asked for a node"
    drawn = sum(tally[row, node] for row in asked for node in nodes)
    if drawn < len(pairs):
        told += f"; {len(pairs) - drawn} on other nodes or none are not in the table"
    return Heat(
        title=title,
        nodes=tuple(nodes),
        rows=rows,
        told=told,
        elsewhere=tuple(away[:MOST_LISTED]),
        more_elsewhere=max(0, len(away) - MOST_LISTED),
        named=bool(named),
        drawing=_drawing(title, told, tally, nodes, asked) if len(nodes) > MOST_NODES else None,
    )


def _cell(asked: int, node: int, count: int, most: int) -> Cell:
    state = "" if asked == ANY else "here" if asked == node else "away"
    return Cell(count, _shade(count, most), state if count else "")


def _shade(count: int, most: int) -> int:
    """By the logarithm: one thread elsewhere is seen beside a thousand at home."""
    return max(1, round(SHADES * math.log1p(count) / math.log1p(most))) if count else 0


def _drawing(
    title: str, told: str, tally: Counter[tuple[int, int]], nodes: Sequence[int],
    asked: Sequence[int],
) -> markupsafe.Markup:  # fmt: skip
    """A square a pair that is there; "any" is the first row."""
    most = max(tally.values())
    squares = "".join(
        f'<rect class="s{_shade(tally[row, node], most)} {_cell(row, node, 1, 1).state}" '
        f'x="{x}" y="{y}" width="1" height="1"/>'
        for y, row in enumerate(asked)
        for x, node in enumerate(nodes)
        if tally[row, node]
    )
    label = markupsafe.escape(f"{title}: {told}")
    return markupsafe.Markup(
        f'<svg class="heat" viewBox="0 0 {len(nodes)} {len(asked)}" role="img" '
        f'aria-label="{label}">{squares}</svg>'
    )

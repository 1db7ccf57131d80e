# SPDX-License-Identifier: GPL-2.0-only
"""RunResult → what a person reads in a terminal, as rich renderables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from orchestrator.model.arch import DEFAULT
from orchestrator.model.evidence import Placement
from orchestrator.model.guest_machine import PlugState
from orchestrator.model.host_time import oddities
from orchestrator.model.job import RunResult
from orchestrator.model.verdict import Finding, Verdict
from orchestrator.report.autopsy import page
from orchestrator.report.clean import clean
from orchestrator.report.document import suite_summaries
from orchestrator.report.known import how_many, in_words

_STYLE = {
    Verdict.PASS: "bold green",
    Verdict.SKIP: "bold yellow",
    Verdict.INCOMPLETE: "bold yellow",
}
SHOWN_LINES = 6  # of evidence, under each finding; the files hold the rest
SHOWN_FINDINGS = 20
SHOWN_NODES = 8  # of the table of nodes by nodes; more are summed up


def report(result: RunResult) -> RenderableType:
    """Suites, placement, findings, times, and the verdict last, where the eye is."""
    return Group(*_parts(result))


def _parts(result: RunResult) -> Iterator[RenderableType]:
    if suite_summaries(result):
        yield _suites(result)
    placed = result.evidence.placements if result.evidence else ()
    if placed:
        yield from _placed(placed)
    for finding in result.findings[:SHOWN_FINDINGS]:
        yield Text()
        yield _finding(finding, result)
    if len(result.findings) > SHOWN_FINDINGS:
        yield Text(f"... and {len(result.findings) - SHOWN_FINDINGS} more findings in run.json")
    if result.autopsy:
        yield Text(
            "\nseen from outside before it went (orchestrate autopsy shows all):", style="bold"
        )
        yield from (Text(f"  {line}") for line in page(result.autopsy))
    yield Text()
    yield from (Text(f"note: {clean(note)}", style="yellow") for note in result.notes)
    yield from _machine(result)
    yield from _host(result)
    if result.stages:
        yield _times(result)
    yield Text(f"run: {clean(str(result.run_dir))}")
    yield _verdict(result)


def _suites(result: RunResult) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("suite")
    for name in ("passed", "failed", "skipped", "no result", "guest s"):
        table.add_column(name, justify="right")
    for suite in suite_summaries(result):
        counts = suite.counts
        row = [counts.passed, counts.failed, counts.skipped, counts.crashed]
        seconds = "-" if suite.guest_s is None else f"{suite.guest_s:.2f}"
        bad = counts.failed or counts.crashed or suite.guest_s is None
        style = "red" if bad else None
        # Text: a str in a table is read as rich markup, and a name with "[/x]" would raise.
        shown = Text(clean(suite.name))
        table.add_row(shown, *(str(n or "·") for n in row), seconds, style=style)
    return table


def _placed(placed: tuple[Placement, ...]) -> Iterator[RenderableType]:
    nodes = {n for p in placed for n in (p.task_node, p.stack_node, p.cpu_node) if n >= 0}
    if len(nodes) <= SHOWN_NODES:
        yield Text("\nthreads by asked node: task memory / stack / CPU on each node", style="bold")
        yield _matrix(placed)
    else:
        yield Text(f"\nthreads on {len(nodes)} nodes: how many got what they asked", style="bold")
        yield _sums(placed)


def _sums(placed: tuple[Placement, ...]) -> Table:
    """Threads that asked for a node, and how many have memory, stack and CPU there."""
    named = [p for p in placed if p.asked >= 0]
    there = [
        (p.task_node == p.asked, p.stack_node == p.asked, p.cpu_node == p.asked) for p in named
    ]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("asked")
    for name in ("threads", "memory there", "stack there", "CPU there"):
        table.add_column(name, justify="right")
    table.add_row("any", str(len(placed) - len(named)), "·", "·", "·")
    sums = (str(sum(column)) for column in zip(*there, strict=True)) if there else ("·",) * 3
    table.add_row("a node", str(len(named)), *sums)
    return table


def _matrix(placed: tuple[Placement, ...]) -> Table:
    """Asked node × where it landed, counts of threads: memory of the task, CPU it ran on."""
    nodes = sorted({n for p in placed for n in (p.task_node, p.stack_node, p.cpu_node) if n >= 0})
    memory = Counter((p.asked, p.task_node) for p in placed)
    stacks = Counter((p.asked, p.stack_node) for p in placed)
    cpus = Counter((p.asked, p.cpu_node) for p in placed)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("asked")
    for node in nodes:
        table.add_column(f"node {node}", justify="right")
    for asked in sorted({p.asked for p in placed}):
        cells = []
        for node in nodes:
            three = [str(tally[asked, node]) for tally in (memory, stacks, cpus)]
            cells.append("·" if three == ["0", "0", "0"] else "/".join(three))
        table.add_row("any" if asked < 0 else f"node {asked}", *cells)
    return table


def _finding(finding: Finding, result: RunResult) -> Text:
    text = Text()
    if finding.known:
        text.append("known: ", style="bold yellow")
    text.append(finding.verdict.value, style=_STYLE.get(finding.verdict, "bold red"))
    text.append(f" ({finding.fault.value}) {clean(finding.title)}\n")
    for line in finding.evidence[:SHOWN_LINES]:
        place = f"{line.file}:{line.line}" if line.line else line.file
        text.append(f"    {place}: ", style="dim")
        text.append(f"{clean(line.text)}\n")
    hidden = len(finding.evidence) - SHOWN_LINES
    if hidden > 0:
        text.append(f"    ... {hidden} more lines\n", style="dim")
    if finding.known:
        known = in_words(finding.known, result.known_issues)
        text.append(f"    {clean(known)}\n", style="yellow")
    elif finding.signature:
        text.append(f"    signature {finding.signature}\n", style="dim")
    if finding.host:
        text.append(f"    {clean(finding.host)}\n", style="yellow")
    if finding.hint:
        text.append(f"    {clean(finding.hint)}\n", style="italic")
    text.rstrip()
    return text


def _machine(result: RunResult) -> Iterator[Text]:
    words = [result.kernel_release and f"kernel {result.kernel_release}", result.config]
    if result.arch != DEFAULT:
        words.insert(1, result.arch)
    if result.llvm:
        words.append(f"LLVM={clean(result.llvm)}")
    if result.plan:
        topology = result.plan.topology
        words.append(f"{topology.name}: {len(topology.nodes)} nodes, {topology.cpu_count} CPUs")
        if topology.plugs:
            guest = result.evidence.guest.plugs if result.evidence else ()
            seen = sum(one.state is PlugState.SEEN for one in guest)
            words.append(f"{seen} of {len(topology.plugs)} parts came or went")
    if any(words):
        yield Text(clean(" · ".join(filter(None, words))), style="dim")
    if result.accelerator:
        yield Text(clean(f"{result.accelerator.name}: {result.accelerator.reason}"), style="dim")


def _host(result: RunResult) -> Iterator[Text]:
    outcome = result.evidence.outcome if result.evidence else None
    said = oddities(outcome.host, outcome.speed_factor) if outcome else ()
    if said:
        yield Text("host: " + "; ".join(said), style="yellow")


def _times(result: RunResult) -> Text:
    parts = [
        f"{stage.stage} {'cached' if stage.cached else f'{stage.took_s:.1f} s'}"
        for stage in result.stages
    ]
    return Text("time: " + ", ".join(parts), style="dim")


def _verdict(result: RunResult) -> Text:
    style = _STYLE.get(result.verdict, "bold red")
    text = Text("verdict: ")
    text.append(result.verdict.value, style=style)
    known = how_many(result.findings)
    if known:
        text.append(f"  ({known})", style="bold yellow")
    if result.plan and result.plan.session and not result.plan.selftests:
        status = result.command_status
        told = "nobody heard that the command ended"
        text.append(f"  ({told if status is None else f'the command ended with {status}'})")
    elif result.evidence:
        counts = result.evidence.ktap.counts
        text.append(f"  ({counts.passed} passed, {counts.failed} failed, {counts.skipped} skipped)")
    return text

# SPDX-License-Identifier: GPL-2.0-only
"""What a person reads: every verdict is there, and nothing in it acts on the terminal."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from rich.console import Console
from sample_results import HOSTILE, TAME, run_result, unbooted, with_known

from orchestrator.model.guest_machine import GuestPlug, PlugState
from orchestrator.model.host_time import HostTime, Starved, in_words, oddities
from orchestrator.model.job import RunResult
from orchestrator.model.topology_parts import Plug
from orchestrator.model.verdict import EvidenceLine, Verdict
from orchestrator.report.text import SHOWN_FINDINGS, SHOWN_LINES, SHOWN_NODES, report


def rendered(result: RunResult, width: int = 120) -> str:
    """As on a stream that is no terminal: no colour, so no escape may be left."""
    stream = io.StringIO()
    Console(file=stream, width=width, highlight=False).print(report(result))
    return stream.getvalue()


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("make", [run_result, unbooted])
def test_the_last_line_is_the_verdict(make: object, verdict: Verdict) -> None:
    assert callable(make)
    last = rendered(make(verdict)).rstrip().splitlines()[-1]
    assert last.split()[:2] == ["verdict:", verdict.value]


def test_suites_placement_findings_and_times_are_shown() -> None:
    lines = rendered(run_result(Verdict.FAIL)).splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines[:3]}
    assert rows[TAME] == ["1", "1", "1", "1", "0.25"]
    assert rows["orch_unheard"] == ["·", "·", "·", "·", "-"]
    # asked "any": all on node 0; asked node 1: memory and stack there, CPU on node 0
    assert ["1/1/1", "·"] in [line.split()[1:] for line in lines if line.startswith("any")]
    assert any(line.split() == ["node", "1", "0/0/1", "1/1/0"] for line in lines)
    text = "\n".join(lines)
    assert f"fail (kernel) {TAME} failed" in text
    assert f"dmesg.log:4: {TAME}" in text
    assert "build 12.5 s, boot cached" in text
    assert "two: 2 nodes, 1 CPUs" in text


def test_placement_on_many_nodes_is_summed_up() -> None:
    """On 16 nodes the table of nodes by nodes was one of dots."""
    result = run_result(Verdict.PASS)
    assert result.evidence
    first = next(p for p in result.evidence.placements if p.asked >= 0)
    here = [
        replace(first, asked=n, task_node=n, stack_node=n, cpu_node=n % 8)
        for n in range(SHOWN_NODES * 2)
    ]
    anywhere = replace(first, asked=-1)
    evidence = replace(result.evidence, placements=(*here, anywhere))
    lines = rendered(replace(result, evidence=evidence)).splitlines()
    assert "threads on 16 nodes: how many got what they asked" in lines
    assert ["any", "1", "·", "·", "·"] in [line.split() for line in lines]
    assert ["a", "node", "16", "16", "16", "8"] in [line.split() for line in lines]


def test_colour_tells_green_from_red() -> None:
    def last(verdict: Verdict) -> str:
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=True, color_system="standard", width=120)
        console.print(report(run_result(verdict)))
        return stream.getvalue().rstrip().splitlines()[-1]

    assert "\x1b[1;32mpass" in last(Verdict.PASS)
    assert "\x1b[1;31mcrash" in last(Verdict.CRASH)
    assert "\x1b[1;33mincomplete" in last(Verdict.INCOMPLETE)


def test_hostile_names_are_shown_and_not_acted_upon() -> None:
    text = rendered(run_result(Verdict.FAIL, HOSTILE), width=1000)
    assert not set(text) & set("\x1b\x07\x9b\udcff\u202e\ufffe")
    text.encode()  # no lone surrogate is left that a stream would choke on
    for line in text.splitlines():
        assert line == line.strip("\r")
    assert text.count("[/red][bold]<a&b>") >= 5  # markup stands there as it was written


def test_long_reports_say_how_much_is_hidden() -> None:
    result = run_result(Verdict.FAIL)
    lines = tuple(EvidenceLine("f", n, f"line {n}") for n in range(1, SHOWN_LINES + 4))
    finding = replace(result.findings[0], evidence=lines)
    text = rendered(replace(result, findings=(finding,) * (SHOWN_FINDINGS + 2)))
    assert "... 3 more lines" in text
    assert "and 2 more findings in run.json" in text
    assert f"line {SHOWN_LINES + 1}" not in text


def test_a_pass_with_known_issues_says_so_beside_the_word() -> None:
    known = with_known(run_result(Verdict.FAIL))
    text = rendered(known, width=200)
    assert text.rstrip().splitlines()[-1].startswith("verdict: pass  (1 known issue)  (")
    assert f"known: fail (kernel) {TAME} failed" in text
    assert "known issue it: why (who, until 2027-01-31; seen without patches on 7.3.4" in text
    assert "known" not in rendered(run_result(Verdict.FAIL))
    hostile = rendered(with_known(run_result(Verdict.FAIL, HOSTILE), HOSTILE), width=1000)
    assert not set(hostile) & set("\x1b\x07\x9b\udcff\u202e\ufffe")


def test_a_finding_shows_the_signature_a_list_would_name() -> None:
    result = run_result(Verdict.FAIL)
    finding = replace(result.findings[0], signature="0123456789ab")
    assert "signature 0123456789ab" in rendered(replace(result, findings=(finding,)))


def test_what_the_host_did_is_told_where_it_is_worth_it() -> None:
    result = run_result(Verdict.INFRASTRUCTURE)
    assert result.evidence
    assert "host:" not in rendered(result)
    busy = HostTime(factor=4.0, steal=0.4, starved=(Starved(3.0, 40.2, 0.1, (TAME,)),))
    outcome = replace(result.evidence.outcome, host=busy)
    finding = replace(result.findings[0], host="the host stood still for 40 s")
    result = replace(
        result, evidence=replace(result.evidence, outcome=outcome), findings=(finding,)
    )
    lines = rendered(result, width=200).splitlines()
    assert "    the host stood still for 40 s" in lines
    assert (
        "host: the host stood still for 40 s; the host was 4.0 times slower than the reference at "
        "the start; another machine had 40% of its CPU time" in lines
    )


def test_words_for_a_machine_that_had_little() -> None:
    assert in_words((Starved(3, 60, 6.2),)) == "the machine had 6 s of 60 s on the host"
    twice = (Starved(3, 20, 0), Starved(30, 10, 0))
    assert in_words(twice) == "the host stood still for 20 s, and 1 times more"
    assert oddities(HostTime(waited_s=12), 1.0) == ("the machine waited 12 s for it",)
    assert oddities(HostTime(pressure=0.9, waited_s=2), 2.0) == ()


def test_parts_that_came_or_went_are_counted() -> None:
    result = run_result(Verdict.PASS)
    assert result.plan and result.evidence
    topology = replace(result.plan.topology, plugs=(Plug(0, 9), Plug(0, 9, away=True)))
    seen = (GuestPlug(0, PlugState.SEEN, 1.0, 2.0), GuestPlug(1, PlugState.LOST, 3.0, 4.0))
    guest = replace(result.evidence.guest, plugs=seen)
    evidence = replace(result.evidence, guest=guest)
    with_parts = replace(result, plan=replace(result.plan, topology=topology), evidence=evidence)
    assert "1 of 2 parts came or went" in rendered(with_parts)
    assert "0 of 2 parts" in rendered(replace(with_parts, evidence=None))
    assert "parts" not in rendered(result)

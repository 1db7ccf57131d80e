# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate report` of real runs: a green one, and a red one with the source of its failure."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
from running import COMMAND, RED_SUITES, Boot, Done


def report(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "report", *args], capture_output=True, text=True, timeout=120, check=False
    )


def test_the_page_of_a_green_run_has_all_its_parts(green: Done) -> None:
    done = report(str(green.run_dir))
    assert (done.returncode, done.stderr) == (0, "")
    page = (green.run_dir / "report.html").read_text()
    assert 'class="good">pass</span>' in page and 'id="damage"' not in page
    for part in ("green", "time", "suites", "placement", "events", "files"):
        assert f'id="{part}"' in page
    assert re.search(r"init was started at \d\.\d{3} s", page)
    for node in range(4):
        assert f"<bdi>CPU {node}</bdi>" in page and f'<th scope="row">node {node}</th>' in page
    assert len(page) < 1 << 20


def test_the_page_of_a_red_run_shows_the_line_that_failed(boot: Boot, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    red = boot("--kmod", str(RED_SUITES), "--suite", "red_fail", "--html", str(file))
    assert red.verdict == "fail", red.explain()
    page = file.read_text()
    assert 'class="bad">fail</span>' in page and 'class="good"' not in page
    shown = re.search(r'<pre class="src"[^>]*>.*?<b> *\d+&gt; (.*?)</b>', page, re.DOTALL)
    assert shown and "KUNIT_EXPECT" in shown[1]


def test_the_trace_has_every_case_and_every_event(green: Done, tmp_path: Path) -> None:
    file = tmp_path / "run.pftrace"
    assert report(str(green.run_dir), "--perfetto", str(file)).returncode == 0
    trace = pb.Trace.FromString(file.read_bytes())
    tracks = {one.track_descriptor.uuid: one.track_descriptor.name for one in trace.packet
              if one.HasField("track_descriptor")}  # fmt: skip
    events = [one.track_event for one in trace.packet if one.HasField("track_event")]
    on_cpus = [one for one in events if tracks[one.track_uuid].startswith("CPU ")]
    assert len(on_cpus) == green.run["trace_events"]
    begun = [one for one in events if one.type == pb.TrackEvent.TYPE_SLICE_BEGIN]
    ended = [one for one in events if one.type == pb.TrackEvent.TYPE_SLICE_END]
    assert len(begun) == len(ended)
    cases = [one for one in begun if tracks[one.track_uuid] == "cases"]
    text = (green.run_dir / "trace.log").read_text()
    assert len(cases) == text.count(" orch_case: ") > 100

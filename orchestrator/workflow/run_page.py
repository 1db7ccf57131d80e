# SPDX-License-Identifier: GPL-2.0-only
"""All that the page of a run is made of, from its directory, and from the store what it still has.

Nothing is booted: the verdict is repeated as `orchestrate judge` does.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator.edge import rundir
from orchestrator.edge.source_lines import Sources
from orchestrator.edge.store import cache_root
from orchestrator.judge.why import why_verdict
from orchestrator.model import rundir as names
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import RunResult
from orchestrator.model.run_page import LogLine, RunPage, SourceSpot
from orchestrator.model.verdict import Finding
from orchestrator.parse.log_times import time_of, timed_lines, timed_records
from orchestrator.report.autopsy import whole
from orchestrator.report.run_page import run_page
from orchestrator.workflow.rejudge import rejudge
from orchestrator.workflow.run_coverage import coverage_of
from orchestrator.workflow.run_damage import damage

_TAIL = 80  # lines of the log of a run that is not green
_FILES = 80
_AUTOPSY = 600
# "kernel/kthread.c:123", as %pS with lines, WARNING and KUnit print it.
_NAMED = re.compile(r"(?<![\w./-])([\w+.-]+(?:/[\w+.-]+)*\.[chS]):([1-9]\d{0,6})\b", re.ASCII)
_SPOTS = 400  # places in the source that are looked up


def give_pages(run_dirs: Iterable[Path], most: int) -> None:
    """Leaves the page in each of these directories, the first `most` of those that have none. One
    that is gone, damaged or not ours gets none, and so no link: whoever asks for it is told why by
    `orchestrate report`."""
    bare = (folder for folder in run_dirs if folder.is_dir())
    bare = (folder for folder in bare if not (folder / names.REPORT).exists())
    for folder in itertools.islice(bare, most):
        with contextlib.suppress(OrchestrateError, OSError):
            rundir.write(folder, names.REPORT, run_page(gather(folder)))


def gather(run_dir: Path) -> RunPage:
    """UsageError if the directory is damaged so far that nothing can be judged."""
    result, before = rejudge(run_dir)
    keys = dict(result.keys)
    sources = Sources(
        [cache_root() / kind / keys[key] / below
         for kind, key, below in (("kernels", "kernel", "src"), ("modules", "module", ""))
         if _plain(keys.get(key, ""))]
    )  # fmt: skip
    spots = _spots(result)
    asked = [place for places in spots.values() for place in places][:_SPOTS]
    found = sources.spots(asked)
    coverage, coverage_note = coverage_of(run_dir, result, sources)
    evidence = result.evidence
    looked = result.autopsy is not None
    console = rundir.read_channels(run_dir).console.splitlines() if evidence else []
    log: tuple[LogLine, ...] = ()
    if evidence and evidence.log_from == names.DMESG:
        log = tuple(timed_records(evidence.log))
    elif evidence:
        log = tuple(timed_lines(console))
    return RunPage(
        result=result,
        why=why_verdict(result, before.verdict, looked=looked),
        damage=tuple(damage(run_dir, result, before)),
        times=tuple(_when(finding, result, log) for finding in result.findings),
        spots=spots,
        sources=found,
        sources_note=_sources_note(asked, found, sources),
        coverage=coverage,
        coverage_note=coverage_note,
        log=log,
        tail=tuple(console[-_TAIL:]) if result.verdict.exit_code else (),
        autopsy=whole(result.autopsy)[:_AUTOPSY] if result.autopsy else (),
        files=_files(run_dir),
    )


def _when(finding: Finding, result: RunResult, log: tuple[LogLine, ...]) -> float | None:
    """The earliest time of the lines it rests on; trace and log have one clock (local_clock() in
    kernel/printk/printk.c, trace_clock_local() in kernel/trace/trace_clock.c)."""
    evidence = result.evidence
    if evidence is None:
        return None
    found: list[float] = []
    for each in finding.evidence:
        if each.file == names.TRACE:
            found += [one.time_s for one in evidence.trace.events if one.line == each.line]
            continue
        stamp = time_of(each.text)
        found += [stamp] if stamp is not None else []
        if stamp is None and each.file == evidence.log_from:
            found += [one.time_s for one in log if 0 < one.line == each.line]
    return min((stamp for stamp in found if math.isfinite(stamp)), default=None)


def _plain(key: str) -> bool:
    """A key of the store, and not a path: run.json may have been written by anybody."""
    return bool(re.fullmatch(r"[\w-]+", key, re.ASCII))


def _spots(result: RunResult) -> Mapping[str, tuple[tuple[str, int], ...]]:
    """What each line of evidence names in the source, in the order it names it."""
    lines = [each.text for finding in result.findings for each in finding.evidence]
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    for text in lines:
        places = tuple((match[1], int(match[2])) for match in _NAMED.finditer(text[:4096]))
        if places:
            found[text] = tuple(dict.fromkeys(places))
    return found


def _sources_note(
    asked: list[tuple[str, int]], found: Mapping[tuple[str, int], SourceSpot], at: Sources
) -> str:
    missing = len(set(asked)) - len(found)
    if not missing:
        return ""
    if not at.there:
        return "the sources of this run are no longer in the cache: places are named, not shown"
    return f"{missing} of the named places are not in the sources of this run"


def _files(run_dir: Path) -> tuple[tuple[str, int], ...]:
    found = [
        (path.name.encode(errors="replace").decode(), path.stat().st_size)
        for path in sorted(run_dir.iterdir())
        if path.is_file() and not path.is_symlink()
    ]
    return tuple(found[:_FILES])

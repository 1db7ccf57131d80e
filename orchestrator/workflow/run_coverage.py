# SPDX-License-Identifier: GPL-2.0-only
"""Which lines of which files ran, as far as a run was profiled and its counts can be had."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from orchestrator.edge.source_lines import Sources
from orchestrator.edge.store import Store, cache_root
from orchestrator.model import rundir as names
from orchestrator.model.compare import LineCounts
from orchestrator.model.errors import OrchestrateError
from orchestrator.model.job import RunResult
from orchestrator.model.run_page import FileCoverage


def coverage_of(
    run_dir: Path, result: RunResult, sources: Sources
) -> tuple[tuple[FileCoverage, ...], str]:
    """(files by name, why there are none); of a run that was not profiled, neither.

    The counts are in the run since it was made; of an older one, gcov makes them of the counters
    that came, if the kernel they belong to is still in the store.
    """
    file, archive = run_dir / names.LINES, run_dir / names.COVERAGE
    try:
        if file.is_file():
            counts = msgspec.json.decode(file.read_bytes(), type=LineCounts)
        elif archive.is_file() and archive.stat().st_size:
            counts = _counted(run_dir, dict(result.keys).get("kernel", ""))
        else:
            asked = result.plan is not None and result.plan.coverage
            return (), "coverage was asked for, and none came" if asked else ""
    except (OSError, ValueError):
        return (), f"{names.LINES} is damaged: no coverage is shown"
    if not counts:
        return (), f"{names.COVERAGE} has counters that no kernel of the cache fits"
    return tuple(_file(name, counts[name], sources) for name in sorted(counts)), ""


def _counted(run_dir: Path, key: str) -> LineCounts:
    """{} if they cannot be had any more."""
    # Imported here: few runs are profiled, and those that are have their counts.
    from orchestrator.edge.coverage import gcov_reports
    from orchestrator.edge.kernel import load
    from orchestrator.parse.gcov import add, parse_gcov

    try:
        kernel = load(Store(cache_root()), Path(key).name)
        return add(parse_gcov(text) for text in gcov_reports(run_dir, kernel))
    except (OSError, ValueError, KeyError, OrchestrateError):
        return {}


def _file(name: str, counts: Mapping[int, int], sources: Sources) -> FileCoverage:
    lines = sources.lines(name)
    never = sorted(line for line, times in counts.items() if not times and 0 < line <= len(lines))
    source = {line: lines[line - 1] for line in never}
    return FileCoverage(name, tuple(sorted(counts.items())), source)

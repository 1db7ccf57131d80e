# SPDX-License-Identifier: GPL-2.0-only
"""Runs of a comparison as its page links to them."""

from __future__ import annotations

import re
from pathlib import Path

from orchestrator.edge.run_links import links_to
from orchestrator.model.compare import CompareResult
from orchestrator.model.dashboard import RunLinks
from orchestrator.workflow.run_page import give_pages

PAGES = 4  # of runs that are made for a comparison; each takes up to a second
_NUMBER = re.compile(r"\d+")


def give_shown(result: CompareResult) -> None:
    """Pages of the runs that show a difference, and of the first of base beside them."""
    folder = Path(result.run_dir)
    shown = list(dict.fromkeys(each.run for each in result.differences if each.run))
    beside = [re.sub(r"head-\d+$", "base-1", run) for run in shown]
    give_pages((folder / run for run in dict.fromkeys((*shown[:3], *beside))), PAGES)


def runs_of(result: CompareResult, page_in: Path) -> dict[str, RunLinks]:
    """All that are there, from a page in that folder: "base-1", or "cell-2/base-1" where there are
    several cells."""
    folder = Path(result.run_dir).absolute()
    found = [path for side in ("base", "head") for where in (f"{side}-*", f"cell-*/{side}-*")
             for path in folder.glob(where)]  # fmt: skip
    found.sort(key=lambda path: [int(n) for n in _NUMBER.findall(str(path.relative_to(folder)))])
    links = ((path, links_to(page_in, str(path))) for path in found if path.is_dir())
    return {str(path.relative_to(folder)): each for path, each in links if each}

# SPDX-License-Identifier: GPL-2.0-only
"""From a dashboard and from a comparison to the pages of runs: each link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from made_history import Shape, fill
from made_run import Made, write_run
from msgspec.structs import replace

from orchestrator.cli.show_compare import show
from orchestrator.edge.history.history import open_history
from orchestrator.model.compare import Cell, CompareResult, Difference, Kind, Word
from orchestrator.model.verdict import EvidenceLine
from orchestrator.report.compare_page import compare_page
from orchestrator.workflow.compare_runs import PAGES, give_shown, runs_of
from orchestrator.workflow.night_dashboard import make_dashboard


def links(page: Path) -> list[str]:
    """Files that a page leads to, without those of the dashboard itself."""
    return [unquote(each) for each in re.findall(r'href="(\./[^"#]+)', page.read_text())]


def whole(pages: list[Path]) -> int:
    """How many pages of runs are linked to; every link must lead to a file or folder."""
    found = [(page.parent / link).resolve() for page in pages for link in links(page)]
    assert found and [path for path in found if not path.exists()] == []
    return len({path for path in found if path.name == "report.html"})


def test_a_dashboard_leads_to_pages_of_red_runs_and_makes_them(tmp_path: Path) -> None:
    shape = Shape(nights=6, trees=("mainline",), runs_in=str(tmp_path / "runs"))
    with open_history(f"sqlite:///{tmp_path}/history.db") as history:
        fill(history, shape)
        tonight = history.past(shape.matrix, 1).attempts[0]
        red = [one for one in tonight if one.verdict.exit_code]
        green = [one for one in tonight if not one.verdict.exit_code]
        assert red and green
        for one in (*red[:1], *green[:1]):
            write_run(Path(one.run_dir), Made())
        Path(green[1].run_dir).mkdir()  # of a run that left nothing
        out = tmp_path / "out"
        make_dashboard(history, out)
    assert whole(sorted(out.glob("*.html"))) == 1
    assert (Path(red[0].run_dir) / "report.html").is_file()
    assert not (Path(green[0].run_dir) / "report.html").exists()
    (cell,) = (page for page in out.glob("cell-*.html") if "report.html" in page.read_text())
    assert ">page<" in cell.read_text()


@pytest.fixture
def compared(tmp_path: Path) -> CompareResult:
    """A comparison with its runs; head-2 shows the difference, and head-3 is damaged."""
    folder = tmp_path / "compare-x"
    for name in ("base-1", "base-2", "head-1", "head-2", "head-10"):
        write_run(folder / name, Made(cases=2))
    (folder / "head-3").mkdir()
    (folder / "head-3" / "run.json").write_text("{")
    logged = EvidenceLine("head-2/console.log", 7, "WARNING")
    lines = (logged, EvidenceLine("head-2/no.log", 1, "x"))
    found = [Difference(Kind.SPLAT, "", f"t{n}", "", "x", 1, 2, 2, lines, run)
             for n, run in enumerate(("head-2", "head-3", "head-2"))]  # fmt: skip
    cell = Cell("numa", "numa4", 2, 3, 1, 0, True, differences=tuple(found))
    return CompareResult(Word.DIFFERS, "a patch", "", ("orchestrate",), "2026-11-24T00:00:00+00:00",
                         str(folder), "tree", "7.3.4", ("p",), cells=(cell,))  # fmt: skip


def test_a_comparison_leads_to_its_runs(compared: CompareResult) -> None:
    folder = Path(compared.run_dir)
    give_shown(compared)
    runs = runs_of(compared, folder)
    assert list(runs) == ["base-1", "head-1", "base-2", "head-2", "head-3", "head-10"]
    assert [run for run, each in runs.items() if each.page] == ["base-1", "head-2"]
    page = folder / "compare.html"
    page.write_text(compare_page(compared, runs))
    assert whole([page]) == 2
    text = page.read_text()
    assert '<a href="./head-2/console.log">head-2/console.log</a>:7: WARNING' in text
    assert "\nhead-2/no.log:1: x" in text


def test_elsewhere_its_links_lead_there_too(compared: CompareResult, tmp_path: Path) -> None:
    give_shown(compared)
    (tmp_path / "out").mkdir()
    show(compared, None, tmp_path / "out" / "page.html")
    assert whole([tmp_path / "out" / "page.html"]) == 2


def test_runs_that_are_gone_are_not_linked(compared: CompareResult) -> None:
    gone = replace(compared, run_dir=compared.run_dir + "-gone")
    give_shown(gone)
    assert runs_of(gone, Path("/")) == {}
    assert "href=" not in compare_page(gone, {}) and "head-2/console.log:7" in compare_page(gone)


def test_only_so_many_pages_are_made(compared: CompareResult) -> None:
    (cell,) = compared.cells
    runs = [f"cell-{n}/head-1" for n in range(9)]
    for run in runs:
        write_run(Path(compared.run_dir) / run, Made(cases=1))
    found = tuple(replace(cell.differences[0], run=run) for run in runs)
    many = replace(compared, cells=(replace(cell, differences=found),))
    give_shown(many)
    assert sum(bool(each.page) for each in runs_of(many, Path("/")).values()) <= PAGES

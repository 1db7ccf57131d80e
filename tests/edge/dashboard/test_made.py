# SPDX-License-Identifier: GPL-2.0-only
"""The command: a history becomes a folder of pages, or it is said in a line why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from made_history import Shape, fill, moment

from orchestrator.cli.nightly_dashboard import command
from orchestrator.edge.history.history import History, open_history
from orchestrator.model.errors import UsageError
from orchestrator.model.night import Night
from orchestrator.workflow.night_dashboard import make_dashboard

SMALL = Shape(nights=5, trees=("mainline",), configs=("numa",), tests=6)


@pytest.fixture
def url(tmp_path: Path) -> str:
    where = f"sqlite:///{tmp_path}/history.db"
    with open_history(where) as history:
        fill(history, SMALL)
    return where


def opened(url: str) -> History:
    return open_history(url)


def test_the_command_makes_pages_and_says_where(tmp_path: Path, url: str) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(command, [str(out), "--history", url], standalone_mode=False)
    assert done.exception is None and done.return_value == 0
    assert done.output.startswith(f"{out}/index.html: kthread-nightly, 5 nights, ")
    assert "2026-11-24" in (out / "index.html").read_text()
    assert len(list(out.glob("cell-*.html"))) == len(SMALL.cells)


def test_the_same_history_makes_the_same_pages(tmp_path: Path, url: str) -> None:
    made = []
    for name in ("a", "b"):
        with opened(url) as history:
            make_dashboard(history, tmp_path / name)
        files = sorted((tmp_path / name).glob("*.html"))
        made.append({f.name: f.read_text().partition("<footer")[0] for f in files})
    assert made[0] == made[1]


def test_the_matrix_of_the_latest_night_unless_another_is_named(tmp_path: Path, url: str) -> None:
    with opened(url) as history:
        assert make_dashboard(history, tmp_path / "out").matrix == "kthread-nightly"
        history.put_night(Night("X", "later", moment(SMALL, 9), "", SMALL.cells))
        assert make_dashboard(history, tmp_path / "out").matrix == "later"
        assert "Nothing was run" in (tmp_path / "out" / "index.html").read_text()
        made = make_dashboard(history, tmp_path / "out", "kthread-nightly", nights=2)
    assert (made.nights, made.matrix) == (2, "kthread-nightly")


def test_without_nights_there_is_nothing_to_show(tmp_path: Path, url: str) -> None:
    with opened(url) as history, pytest.raises(UsageError, match="no matrix 'x'"):
        make_dashboard(history, tmp_path / "out", "x")
    empty = open_history(f"sqlite:///{tmp_path}/empty.db")
    with empty, pytest.raises(UsageError, match="no night yet"):
        make_dashboard(empty, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_someone_elses_folder_is_refused_before_the_history_is_read(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "x").touch()
    with (
        open_history(f"sqlite:///{tmp_path}/empty.db") as history,
        pytest.raises(UsageError, match="holds something else"),
    ):
        make_dashboard(history, tmp_path / "home")

# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate nightly show|list|history|import` on both databases, and what they refuse."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_nights import BASE, PATCHED, attempt, moment, night, red
from msgspec.structs import replace

from orchestrator.cli.main import main
from orchestrator.edge import night_files
from orchestrator.edge.history.history import open_history
from orchestrator.model.errors import UsageError
from orchestrator.model.night import CaseRow, CaseStatus, CellKey, Change
from orchestrator.workflow.night_judged import judged_night

MATRIX = 'trees = ["./linux"]\nconfigs = ["numa"]\ntopologies = ["numa2"]\n'


@dataclass(frozen=True)
class Said:
    code: object
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call the command line in an empty folder."""
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("ORCHESTRATE_HISTORY", raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)

    def called(*args: str) -> Said:
        before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
        monkeypatch.setattr(sys, "argv", ["orchestrate", "nightly", *args])
        with pytest.raises(SystemExit) as leave:
            main()
        for one, handler in before.items():
            signal.signal(one, handler)
        told = capsys.readouterr()
        return Said(leave.value.code, told.out, told.err)

    return called


@pytest.fixture
def three(url: str) -> str:
    """N0: all green; N1: base fails; N2: it still does, and the patched one repairs it."""
    with open_history(url) as history:
        for number in range(3):
            history.put_night(night(number))
            base = red if number else attempt
            rows = [
                base(f"b{number}", number, BASE, started_at=moment(number, 1)),
                attempt(f"p{number}", number, PATCHED, started_at=moment(number, 2)),
            ]
            history.put_attempts(f"N{number}", rows)
        history.put_night(night(7, matrix="other", cells=(BASE,)))
    return url


def test_show_the_latest_of_a_matrix_and_one_by_its_id(call: Call, three: str) -> None:
    latest = call("show", "--history", three, "--matrix", "m")
    assert latest.code == 0, latest.err
    lines = latest.out.splitlines()
    assert lines[0].startswith("night N2 of m: 2026-11-03 22:00 to ")
    assert "still failing: 2" in lines
    assert f"  {BASE}: WARNING in f; failing since 2026-11-02" in lines
    assert f"  {BASE} s.one: failed; failing since 2026-11-02" in lines
    assert lines[-1] == "verdict: fail  (1 fail, 1 pass)"
    assert "against the night of 2026-11-02" in latest.out
    first = call("show", "N0", "--history", three)
    assert "no night before" in first.out and "all that ran passes" in first.out
    other = call("show", "--history", three)
    assert other.out.startswith("night N7 of other") and "not run: 1" in other.out
    assert other.out.endswith("verdict: incomplete  (1 not run)\n")


def test_show_with_a_quarantine(call: Call, three: str, tmp_path: Path) -> None:
    file = tmp_path / "q.toml"
    file.write_text(
        '[[quarantine]]\ntests = "*"\ncells = "mine/-/*"\nowner = "me"\nreason = "r"\n'
        "until = 9999-12-31\n"
    )
    shown = call("show", "N2", "--history", three, "--quarantine", str(file))
    assert "quarantined: 2" in shown.out and "until 9999-12-31 (me: r)" in shown.out
    assert "verdict: pass" in shown.out
    file.write_text("[[quarantine]]\n")
    refused = call("show", "N2", "--history", three, "--quarantine", str(file))
    assert refused.code == 2 and "q.toml:1: no tests" in refused.err


def test_list(call: Call, three: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATE_HISTORY", three)
    rows = [line.split()[:2] for line in call("list").out.splitlines()]
    assert rows == [["night", "matrix"], ["N7", "other"], ["N2", "m"], ["N1", "m"], ["N0", "m"]]
    two = call("list", "-n", "2", "--matrix", "m").out
    assert "1 fail, 1 pass" in two and len(two.splitlines()) == 3


def test_history_of_a_test(call: Call, three: str) -> None:
    every = call("history", "s.one", "--history", three)
    assert every.code == 0, every.err
    assert every.out.splitlines()[-1] == "s.one: 6 runs, 2 of 6 that tell failed (10 to 70 %)"
    began = [line[:16] for line in every.out.splitlines()[1:-1]]
    assert began == sorted(began, reverse=True)
    base = call("history", "s.one", "--cell", "mine/-/*", "--history", three, "-n", "2")
    assert base.out.splitlines()[-1] == "s.one: 2 runs, 2 of 2 that tell failed (34 to 100 %)"
    none = call("history", "s.one", "--cell", "yours/*", "--history", three)
    assert none.out.splitlines()[-1] == "s.one: 0 runs"
    slip = call("history", "s.oen", "--history", three)
    assert slip.code == 2 and "did you mean s.one?" in slip.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("show", "N9"), "there is no night N9"),
        (("show", "N"), "4 nights begin with N"),
        (("show", "--matrix", "x"), "it has no night of the matrix x"),
        (("show", "%"), "there is no night %"),
        (("import", "."), ". holds no night"),
    ],
)
def test_refused_in_two_lines(call: Call, three: str, args: tuple[str, ...], said: str) -> None:
    refused = call(*args, "--history", three)
    assert refused.code == 2 and said in refused.err
    assert len(refused.err.splitlines()) == 2


def test_an_empty_history(call: Call) -> None:
    """In the default file, which is made."""
    assert "it has no night" in call("show").err
    assert len(call("list").out.splitlines()) == 1


def test_import(call: Call, url: str, tmp_path: Path) -> None:
    folder = tmp_path / "odd [red]name"
    folder.mkdir()
    night_files.put_night(folder, night())
    night_files.note(folder / night_files.ATTEMPTS, attempt())
    first = call("import", str(folder), "--history", url)
    assert first.code == 0, first.err
    assert first.out == f"{folder}: night N0, 1 results more\n"
    again = call("import", str(folder), "--history", url)
    assert again.out == f"{folder}: night N0, 0 results more, 1 known already\n"


def test_hostile_names_are_harmless(call: Call, url: str) -> None:
    nasty = "[red]x\x1b[2J\n\u202e<b>"
    cell = CellKey(nasty, nasty, "c", "n", nasty)
    rows = (CaseRow(nasty, CaseStatus.FAIL, 0.5),)
    told = red("A\x1b", cell=cell, host=nasty, headline=nasty, titles=(nasty,), cases=rows)
    with open_history(url) as history:
        history.put_night(night(id="N\x1b", matrix=nasty, cells=(cell,)))
        history.put_attempts("N\x1b", (told,))
    for args in (("show",), ("list",), ("history", nasty)):
        said = call(*args, "--history", url)
        assert said.code == 0, said.err
        assert not {"\x1b", "\u202e"} & set(said.out)
        assert "[red]x\\x1b[2J" in said.out.replace("\n", ""), "shown, and not obeyed"


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_history_that_cannot_be_opened_is_one_line_before_all_else(
    call: Call, command: str, tmp_path: Path
) -> None:
    (tmp_path / "linux").mkdir()  # no kernel: it would be told next
    (tmp_path / "night.toml").write_text(MATRIX)
    (tmp_path / "noise.db").write_bytes(b"no database " * 99)
    urls = {
        f"sqlite:///{tmp_path}/noise.db": "file is not a database",
        f"sqlite:///{tmp_path}/noise.db/x.db": "",
        f"postgresql://me:secret@/h?host={tmp_path}": "No such file or directory",
        "mysql://h/d": "no history can be kept in 'mysql'",
    }
    for url, said in urls.items():
        refused = call(command, "night.toml", "--history", url)
        assert refused.code == (2 if url.startswith("mysql") else 3), refused.err
        assert said in refused.err and "secret" not in refused.err
        assert len(refused.err.splitlines()) <= 2, refused.err
        assert "linux" not in refused.err
    assert not list((tmp_path / "runs").glob("night-*"))


def test_judged_from_the_database_as_from_memory(url: str) -> None:
    """Old nights of other matrices and later ones don't count."""
    with open_history(url) as history:
        for number, matrix in enumerate("mmomm"):
            history.put_night(night(number, matrix=matrix))
            rows = [replace(red(f"{number}-{n}", number), number=n) for n in (1, 2)]
            green = replace(rows[1], verdict=attempt().verdict, cases=attempt().cases)
            history.put_attempts(f"N{number}", [rows[0], green if number == 1 else rows[1]])
        third = judged_night(history, "N3", None, ())
        assert third.previous and third.previous.id == "N1"
        assert [each.change for each in third.standings if not each.test] == [
            Change.FLAKY,
            Change.NOT_RUN,
        ]
        assert judged_night(history, None, "m", ()).night.id == "N4"
        assert judged_night(history, None, None, ()).night.id == "N4"
        assert judged_night(history, None, "o", ()).previous is None
        with pytest.raises(UsageError, match="no night of the matrix x"):
            judged_night(history, None, "x", ())

# SPDX-License-Identifier: GPL-2.0-only
"""Many nights in short say what the same nights say at length; on SQLite and PostgreSQL."""

from __future__ import annotations

from made_nights import BASE, PATCHED, attempt, night, red
from msgspec.structs import replace

from orchestrator.edge.history.history import History
from orchestrator.model.dashboard import Mark, Past, mixed
from orchestrator.model.night import CaseRow, CaseStatus, CellKey
from orchestrator.model.verdict import Verdict


def test_a_letter_a_night_for_each_test_of_each_cell(history: History) -> None:
    for number in range(4):
        history.put_night(night(number))
    history.put_attempts("N0", (attempt("A"), attempt("B", cell=PATCHED)))
    history.put_attempts("N1", (red("C", 1),))
    history.put_attempts("N3", (red("D", 3), replace(attempt("E", 3), number=2)))
    past = history.past("m", 10)
    assert [each.id for each in past.nights] == ["N0", "N1", "N2", "N3"]
    assert past.tests == {
        (BASE, "s.one"): "pf.m",
        (BASE, "s.two"): "sn.n",
        (PATCHED, "s.one"): "p...",
        (PATCHED, "s.two"): "s...",
    }
    assert [[one.id for one in each] for each in past.attempts] == [
        ["A", "B"], ["C"], [], ["D", "E"]
    ]  # fmt: skip
    assert past.attempts[1][0] == replace(red("C", 1), cases=(), signatures=(), titles=())


def test_what_fails_in_a_run_that_passed_is_a_known_issue(history: History) -> None:
    """Unless it failed in another run of that night."""
    for number in range(3):
        history.put_night(night(number))
    cases = red().cases[:1]
    history.put_attempts("N0", (attempt("A", cases=cases),))
    history.put_attempts("N1", (attempt("B", 1, cases=cases), red("C", 1, cases=cases)))
    history.put_attempts("N2", (red("D", 2, cases=cases),))
    assert history.past("m", 10).tests == {(BASE, "s.one"): "kff"}


def test_only_so_many_nights_and_only_of_this_matrix(history: History) -> None:
    for number in range(5):
        history.put_night(night(number))
        history.put_attempts(f"N{number}", (attempt(f"A{number}", number),))
    history.put_night(night(9, matrix="other", cells=()))
    past = history.past("m", 2)
    assert [each.id for each in past.nights] == ["N3", "N4"]
    assert past.tests[(BASE, "s.one")] == "pp"
    assert history.past("other", 5).tests == {}
    assert history.past("none", 5) == Past((), (), {})


def test_matrices_the_latest_first(history: History) -> None:
    assert history.matrices() == ()
    history.put_night(night(3))
    history.put_night(night(5, matrix="a"))
    history.put_night(night(1, matrix="z"))
    assert history.matrices() == ("a", "m", "z")


def test_it_says_what_the_whole_history_says(history: History) -> None:
    """The same, told by the slow way: all attempts with all their cases."""
    marks = {status: Mark(letter) for status, letter in zip(CaseStatus, "pfsn", strict=True)}
    assert [status.value for status in marks] == ["pass", "fail", "skip", "none"]
    for number in range(6):
        history.put_night(night(number))
        cases = tuple(
            CaseRow(f"s.{n}", list(CaseStatus)[(number * 7 + n) % 4]) for n in range(number + 2)
        )
        history.put_attempts(
            f"N{number}",
            (attempt(f"A{number}", number, cases=cases),
             attempt(f"B{number}", number, cases=cases[::-1][:2]),
             red(f"C{number}", number, PATCHED)),
        )  # fmt: skip
    expected: dict[tuple[CellKey, str], list[list[Mark]]] = {}
    for place, runs in enumerate(reversed(history.runs("m", 10))):
        for one in runs.attempts:
            for case in one.cases:
                line = expected.setdefault((one.cell, case.name), [[] for _ in range(6)])
                known = case.status is CaseStatus.FAIL and one.verdict is Verdict.PASS
                line[place].append(Mark.KNOWN if known else marks[case.status])
    told = {key: "".join(mixed(each).value for each in line) for key, line in expected.items()}
    assert history.past("m", 10).tests == told

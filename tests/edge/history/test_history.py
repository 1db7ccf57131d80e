# SPDX-License-Identifier: GPL-2.0-only
"""What is told to the history comes back, once, whole and in order; on SQLite and PostgreSQL."""

from __future__ import annotations

import random

import pytest
from made_nights import BASE, PATCHED, attempt, moment, night, red
from msgspec.structs import replace

from orchestrator.edge.history.history import History, open_history
from orchestrator.edge.history.memory import HistoryMemory
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.history import CaseSeen, NightRuns
from orchestrator.model.night import CaseRow, CaseStatus, CellKey
from orchestrator.model.verdict import Verdict


def test_a_night_comes_back_as_it_was_told(history: History) -> None:
    told = night(not_run=(PATCHED,))
    attempts = (attempt("A"), red("B", started_at=moment(0, 2)))
    history.put_night(told)
    assert history.put_attempts("N0", attempts) == 2
    assert history.night("N0") == NightRuns(told, attempts)
    assert history.night("N1") is None


def test_what_was_written_is_there_when_it_is_opened_again(url: str) -> None:
    with open_history(url) as one:
        one.put_night(night())
        one.put_attempts("N0", (red(),))
    with open_history(url) as other:
        assert other.night("N0") == NightRuns(night(), (red(),))


def test_an_attempt_that_is_reported_twice_counts_once(history: History) -> None:
    history.put_night(night())
    assert history.put_attempts("N0", (attempt("A"), attempt("A"), attempt("B"))) == 2
    assert history.put_attempts("N0", (red("A"), attempt("C"))) == 1
    found = history.night("N0")
    assert found and found.attempts == (attempt("A"), attempt("B"), attempt("C"))
    assert history.signatures() == (), "nor did its second report leave anything"


def test_a_night_that_goes_on_is_the_same_night(history: History) -> None:
    history.put_night(night(ended_at="", not_run=(BASE, PATCHED)))
    history.put_attempts("N0", (attempt("A"),))
    history.put_night(night(ended_at="", not_run=(PATCHED,)))
    history.put_night(night())
    assert history.night("N0") == NightRuns(night(), (attempt("A"),))
    history.put_night(night(ended_at=""))
    found = history.night("N0")
    assert found and found.night.ended_at == night().ended_at, "an end that was told stays"


def test_an_attempt_needs_its_night(history: History) -> None:
    with pytest.raises(InfrastructureError, match="no night N9 was begun"):
        history.put_attempts("N9", (attempt(),))
    assert history.recent(BASE) == ()


def test_all_attempts_of_a_call_are_written_or_none(history: History) -> None:
    history.put_night(night())
    with pytest.raises(InfrastructureError, match="'yesterday' is no time"):
        history.put_attempts("N0", (attempt("A"), attempt("B", started_at="yesterday")))
    found = history.night("N0")
    assert found and found.attempts == ()


def test_the_latest_nights_of_one_matrix(history: History) -> None:
    for number in (2, 0, 3, 1):
        history.put_night(night(number))
        history.put_attempts(f"N{number}", (attempt(f"A{number}", number),))
    history.put_night(night(9, matrix="other"))
    assert [each.id for each in history.nights("m", 3)] == ["N3", "N2", "N1"]
    assert [each.id for each in history.nights("m", 9, before="N2")] == ["N1", "N0"]
    assert history.nights("nobody's", 3) == ()
    runs = history.runs("m", 2, before="N3")
    assert [(each.night.id, each.attempts[0].id) for each in runs] == [("N2", "A2"), ("N1", "A1")]


def test_times_are_ordered_whatever_zone_they_are_told_in(history: History) -> None:
    """As texts they would be the other way round."""
    history.put_night(night())
    later = attempt("later", started_at="2026-11-02T00:30:00.5+02:00")  # 22:30:00.5 UTC
    sooner = attempt("sooner", started_at="2026-11-02T22:30:00Z".replace("-02T", "-01T"))
    history.put_attempts("N0", (later, sooner))
    assert [each.id for each in history.recent(BASE)] == ["later", "sooner"]


def test_attempts_at_one_cell_newest_first(history: History) -> None:
    for number in range(4):
        history.put_night(night(number))
        pair = (attempt(f"b{number}", number), red(f"p{number}", number, PATCHED))
        history.put_attempts(f"N{number}", pair)
    assert [each.id for each in history.recent(PATCHED, 3)] == ["p3", "p2", "p1"]
    assert history.recent(PATCHED, 1) == (red("p3", 3, PATCHED),)
    assert history.recent(replace(BASE, suites="create")) == ()


def test_the_history_of_one_test(history: History) -> None:
    for number in range(3):
        history.put_night(night(number))
        pair = (attempt(f"b{number}", number), red(f"p{number}", number, PATCHED))
        history.put_attempts(f"N{number}", pair)
    seen = history.case_history("s.one", PATCHED)
    assert [each.attempt for each in seen] == ["p2", "p1", "p0"]
    assert seen[0] == CaseSeen(
        "N2", "p2", 1, PATCHED, moment(2, 1), "h", Verdict.FAIL, CaseStatus.FAIL, 0.5
    )
    assert len(history.case_history("s.one")) == 6
    assert len(history.case_history("s.one", limit=4)) == 4
    assert history.case_history("s.one", matrix="other") == ()
    assert history.case_history("s.none") == ()


def test_signatures_first_and_last_seen(history: History) -> None:
    for number in range(4):
        history.put_night(night(number, matrix="m" if number else "older"))
        one = red(f"p{number}", number, PATCHED if number % 2 else BASE)
        history.put_attempts(f"N{number}", (one if number < 3 else attempt("green", 3),))
    only_last = replace(red("last", 3), signatures=red().signatures[:1])
    history.put_attempts("N3", (only_last,))
    found = {each.signature: each for each in history.signatures()}
    warned = found["bbbbbbbbbbbb"]
    assert (warned.first_night, warned.last_night) == ("N0", "N3")
    assert (warned.first_at, warned.last_at) == (moment(0, 1), moment(3, 1))
    assert (warned.runs, warned.cells, warned.title) == (4, 2, "WARNING in f")
    assert found["a" * 12].last_night == "N2"
    assert [each.signature for each in history.signatures()] == ["a" * 12, "bbbbbbbbbbbb"]
    assert [each.first_night for each in history.signatures("m")] == ["N1", "N1"]


def test_of_two_results_of_one_name_the_worst_is_kept(history: History) -> None:
    history.put_night(night())
    statuses = (CaseStatus.PASS, CaseStatus.FAIL, CaseStatus.SKIP)
    history.put_attempts("N0", (attempt(cases=tuple(CaseRow("s.x", one) for one in statuses)),))
    assert history.recent(BASE)[0].cases == (CaseRow("s.x", CaseStatus.FAIL),)


def test_whatever_a_guest_prints_can_be_kept(history: History) -> None:
    """PostgreSQL has no NUL in a text and indexes none of any length; neither takes surrogates."""
    noise = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyzäß", k=100_000))
    cell = CellKey("t\udcff", "", "c", "n", noise)
    history.put_night(night(cells=(cell,)))
    names = ("s.\0", "s.\udcff", "s.'; DROP TABLE results; --", noise, "s.%s %(x)s :x")
    told = red(
        cell=cell, headline="\0\udc80", cases=tuple(CaseRow(n, CaseStatus.PASS) for n in names)
    )
    history.put_attempts("N0", (told,))
    kept = history.recent(cell)[0]
    assert [case.name for case in kept.cases] == ["s.\\x00", "s.\\udcff", *names[2:]]
    assert kept.headline == "\\x00\\udc80"
    assert history.case_history(noise, cell) and history.case_history("s.\0", cell)


def test_a_night_under_way_tells_and_asks(history: History) -> None:
    memory = HistoryMemory(history)
    memory.begin(night(ended_at=""))
    memory.note(attempt("A"))
    memory.note(attempt("A"))
    memory.end(night())
    assert memory.recent(BASE) == (attempt("A", cases=()),)
    assert history.recent(BASE) == (attempt("A"),)
    assert history.night("N0") == NightRuns(night(), (attempt("A"),))

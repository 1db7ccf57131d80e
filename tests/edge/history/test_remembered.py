# SPDX-License-Identifier: GPL-2.0-only
"""A night with its history, from end to end but for the machines: those are a function here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import postgres
import pytest
from made_nights import BASE, PATCHED, attempt, moment, night, red
from msgspec.structs import replace

from orchestrator.edge.history.history import History, open_history
from orchestrator.model.matrix import Matrix
from orchestrator.model.night import Attempt, CaseRow, CaseStatus, Change
from orchestrator.model.night_run import CellResult, NightResult, Spent
from orchestrator.model.progress import Note
from orchestrator.model.standing import JudgedNight, Quarantine
from orchestrator.model.verdict import Verdict
from orchestrator.report.night_json import night_json
from orchestrator.workflow.night_memory import Kept, Named
from orchestrator.workflow.night_prepare import NightJob
from orchestrator.workflow.night_remembered import remembered_night

ENTRY = Quarantine("s.one", "*", "me", "flaky", "9999-12-31")
ONLY_ONE = (CaseRow("s.one", CaseStatus.FAIL),)


def failed(name: str, number: int) -> Attempt:
    """Of whose cases one failed, and nothing else happened."""
    return red(name, number, cases=ONLY_ONE, titles=("s.one failed",), headline="s.one failed")


@dataclass
class World:
    """Nights in folders beside each other. said: to people, in lines."""

    place: Path
    said: list[str] = field(default_factory=list)

    def night(
        self,
        history: History,
        number: int,
        attempts: Sequence[Attempt],
        quarantine: Sequence[Quarantine] = (),
        midway: Callable[[], None] = lambda: None,
    ) -> tuple[NightResult, JudgedNight]:
        """midway: done after the first attempt."""
        folder = self.place / f"night-{number}"
        folder.mkdir(parents=True)
        told = night(number, cells=tuple(dict.fromkeys(one.cell for one in attempts)))

        def run(_job: NightJob, _progress: object, memory: Named) -> NightResult:
            kept = Kept(memory, folder, self.said.append)
            kept.begin(replace(told, ended_at=""))
            for n, one in enumerate(attempts):
                kept.note(one)
                if not n:
                    midway()
            kept.end(told)
            results = tuple(
                CellResult(cell, tuple(one for one in attempts if one.cell == cell))
                for cell in told.cells
            )
            spent = Spent(1.0, 1, 1.0, 1.0)
            result = NightResult(told, (), str(folder), "", None, results, (), spent, 1)
            (folder / "night.json").write_text(night_json(result))
            return result

        matrix = Matrix("m", Path("m.toml"), (), (), ())
        job = NightJob(matrix, run_dir=folder)
        return remembered_night(job, self._hear, history, quarantine, run)

    def _hear(self, event: object) -> None:
        if isinstance(event, Note):
            self.said.append(event.text)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "runs")


@pytest.fixture
def own() -> Iterator[postgres.Server]:
    if not postgres.installed():
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    with postgres.server() as running:
        yield running


def changes(judged: JudgedNight) -> dict[str, Change]:
    return {each.test: each.change for each in judged.standings if each.cell == BASE}


def test_night_after_night(history: History, world: World) -> None:
    _, first = world.night(history, 0, [attempt("a0", 0)])
    assert changes(first) == {"": Change.PASSES}
    result, second = world.night(history, 1, [failed("a1", 1)])
    assert changes(second) == dict.fromkeys(("", "s.one"), Change.NEW_FAILURE)
    assert result.verdict.exit_code == 1
    _, third = world.night(history, 2, [failed("a2", 2)])
    assert changes(third)["s.one"] is Change.STILL_FAILING
    assert third.previous and third.previous.id == "N1"
    _, fourth = world.night(history, 3, [attempt("a3", 3)])
    assert changes(fourth)["s.one"] is Change.FLAKY, "to and fro on the same sources"
    assert world.said == []


def test_quarantine_turns_the_exit_code_and_night_json(history: History, world: World) -> None:
    result, judged = world.night(history, 0, [failed("a", 0)], [ENTRY])
    assert changes(judged)[""] is Change.QUARANTINED
    assert result.quarantined == (BASE,) and result.verdict is Verdict.PASS
    whole = json.loads((world.place / "night-0/night.json").read_text())
    assert (whole["verdict"], whole["exit_code"], len(whole["quarantined"])) == ("pass", 0, 1)
    assert whole["cells"][0]["verdict"] == "fail", "it is shown as it is"
    other = red("b", 1, PATCHED, started_at=moment(1, 2))
    result, _ = world.night(history, 1, [failed("c", 1), other], [ENTRY])
    assert result.quarantined == (BASE,) and result.verdict is Verdict.FAIL


def test_postgresql_is_killed_on_the_way(own: postgres.Server, world: World) -> None:
    url = own.new_database()
    with open_history(url) as history:
        world.night(history, 0, [failed("a", 0)])
        attempts = [failed("b", 1), attempt("c", 1, PATCHED, started_at=moment(1, 2))]
        result, judged = world.night(history, 1, attempts, [ENTRY], own.kill)
    assert result.verdict is Verdict.PASS, "quarantine holds all the same"
    assert judged.previous is None and len(judged.attempts) == 2
    assert "so every failure looks new" in judged.warnings[0]
    assert len(judged.warnings[0].splitlines()) == 1
    own.start()
    with open_history(url) as history:
        world.said.clear()
        _, judged = world.night(history, 2, [failed("d", 2)])
        assert len(world.said) == 1 and "1 results more" in world.said[0]
        assert changes(judged)["s.one"] is Change.STILL_FAILING
        assert judged.previous and judged.previous.id == "N1"
        found = history.night("N1")
        assert found and [each.id for each in found.attempts] == ["b", "c"]

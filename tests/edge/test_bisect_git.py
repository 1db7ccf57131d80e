# SPDX-License-Identifier: GPL-2.0-only
"""A bisect of a real git tree: what a commit "runs" is read from its files, as a kernel's fault
is in its sources. No kernel is built."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import trees

from orchestrator.edge.bisect_journal import BisectJournal, bisect_journal
from orchestrator.edge.commit_history import commits_between
from orchestrator.edge.commit_trees import commit_tree
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.store import Store
from orchestrator.model.bisect import BisectResult, Built, Check, Outcome, Step, Trial, Word
from orchestrator.model.progress import silent
from orchestrator.workflow.bisect import Asked, run_bisect

FILE = "kernel/kthread.c"


class Killed(Exception):
    """In the place of a signal."""


class FileProbe:
    """A tree with "broken" in FILE does not build; with "fault" it fails, always or now and
    then; lines of comment are in no kernel. left: runs until it is killed."""

    def __init__(
        self, repository: Path, steps: tuple[Step, ...], store: Store, rate: float, left: int
    ) -> None:
        self.repository, self.steps, self.store = repository, steps, store
        self.rate, self.left, self.rng = rate, left, random.Random(7)
        self.runs: list[int] = []
        self.built: list[int] = []

    def build(self, node: int) -> Built:
        self.built.append(node)
        text = self._text(node)
        if "broken" in text:
            return Built(node, "", 1.0, error="does not build")
        code = [line for line in text.splitlines() if not line.startswith("//")]
        return Built(node, digest("\n".join(code)), 1.0)

    def run(self, node: int, number: int) -> Trial:
        if not self.left:
            raise Killed
        self.left -= 1
        self.runs.append(node)
        bad = "fault" in self._text(node) and self.rng.random() < self.rate
        return Trial(node, Outcome.BAD if bad else Outcome.GOOD, f"/r/{node}-{number}", took_s=0.2)

    def _text(self, node: int) -> str:
        tree = commit_tree(self.repository, self.steps, node, self.store, silent)
        return (tree.path / FILE).read_text()


Bisect = Callable[..., tuple[BisectResult, FileProbe]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Sixteen commits: 5 is a comment, 9 and 10 do not build, 11 has the fault, 12 is a comment."""
    made = trees.repository(tmp_path / "tree")
    lines: list[str] = []
    for number in range(1, 17):
        added = {5: "// remark", 9: "broken", 11: "fault", 12: "// remark"}
        lines.append(added.get(number, f"code {number}"))
        if number == 11:
            lines.remove("broken")
        (made / FILE).write_text("\n".join(lines) + "\n")
        trees.git(made, "commit", "--quiet", "--all", f"--message=commit {number}")
    return made


@pytest.fixture
def bisect(
    repository: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Bisect:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "runs"))

    def run(
        good: str = "v7.3.4", bad: str = "main", rate: float = 1.0, left: int = 1000
    ) -> tuple[BisectResult, FileProbe]:
        steps = commits_between(repository, good, bad)
        probe = FileProbe(repository, steps, store, rate, left)
        with bisect_journal("key", store, fresh=False) as kept:
            assert kept
            earlier = list(kept.events)
            if not earlier:
                kept.start(tmp_path)
            asked = Asked(steps, Check(), str(repository), tmp_path, "now")
            result = run_bisect(asked, probe, kept, silent, earlier)
            kept.close()
        return result, probe

    return run


def test_the_commit_behind_those_that_do_not_build_is_one_of_a_set(bisect: Bisect) -> None:
    result, probe = bisect()
    assert result.word is Word.SET and result.word.exit_code == 1
    assert {suspect.node for suspect in result.suspects} == {9, 10, 11}
    assert not {9, 10}.intersection(probe.runs)
    (after,), (before,) = result.after, result.before
    assert (after.bad > 0, before.bad, before.node) == (True, 0, 8)


def test_ends_that_are_not_what_they_are_called(bisect: Bisect, repository: Path) -> None:
    """Whatever is in the working tree: it is the commits that count."""
    (repository / FILE).write_text("fault\n")
    passes, _ = bisect(good="main~9", bad="main~8")
    assert passes.word is Word.BAD_IS_GOOD and passes.word.exit_code == 2
    fails, probe = bisect(good="main~3", bad="main")
    assert fails.word is Word.GOOD_IS_BAD and set(probe.built) == {0, 3}
    same, probe = bisect(good="main~5", bad="main~4")
    assert same.word is Word.SAME_KERNEL and not probe.runs
    broken, _ = bisect(good="main~6", bad="main")
    assert broken.word is Word.END_UNTESTABLE and broken.word.exit_code == 3


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_a_commit_is_named_and_the_repository_is_as_it_was(
    bisect: Bisect, repository: Path, rate: float
) -> None:
    """A history of its own, where all builds; the fault is followed by a comment."""
    trees.git(repository, "checkout", "--quiet", "-b", "clean", "main~8")
    lines = (repository / FILE).read_text()
    for number, text in enumerate(("code a", "// remark", "fault", "// remark", "code b")):
        lines += f"{text}\n"
        (repository / FILE).write_text(lines)
        trees.git(repository, "commit", "--quiet", "--all", f"--message=clean {number}")
    before = trees.state(repository)
    result, probe = bisect(bad="clean", rate=rate)
    assert result.word is Word.FOUND and result.sure >= 0.95
    culprit = result.steps[result.suspects[0].node]
    assert culprit.name == trees.git(repository, "rev-parse", "clean~2")
    assert culprit.title == "clean 2"
    # A step is not run for the kernel that another has been run for.
    names = {each.node: each.identity for each in result.builds}
    assert len({names[node] for node in probe.runs}) == len(set(probe.runs))
    assert trees.state(repository) == before
    assert result.rate is not None and abs(result.rate - rate) < 0.25


def test_killed_it_goes_on_and_makes_nothing_twice(bisect: Bisect) -> None:
    """Three times after six runs, which all count."""
    for _ in range(3):
        with pytest.raises(Killed):
            bisect(bad="main~4", rate=0.25, left=6)
    result, last = bisect(bad="main~4", rate=0.25)
    assert result.word is Word.SET
    assert {suspect.node for suspect in result.suspects} == {9, 10, 11}
    assert result.resumed == 18 and len(result.trials) == 18 + len(last.runs)
    # Both ends were built by the first of the four.
    assert not {0, 12}.intersection(last.built)
    assert len({built.node for built in result.builds}) == len(result.builds)


def test_a_journal_that_ended_is_gone(bisect: Bisect, tmp_path: Path) -> None:
    bisect()
    assert list((tmp_path / "runs").glob(".bisect-*")) == []
    assert BisectJournal(tmp_path / "runs/.bisect-key").events == []

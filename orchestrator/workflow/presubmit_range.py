# SPDX-License-Identifier: GPL-2.0-only
"""Which commits a presubmit is about, and what is not committed."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from orchestrator.edge import upstream, work_tree
from orchestrator.edge.commit_history import commit_id, steps_between
from orchestrator.edge.commit_trees import differing
from orchestrator.edge.kernel_tree import must_hold_kernel
from orchestrator.edge.work_tree import Uncommitted
from orchestrator.model.bisect import Step
from orchestrator.model.errors import UsageError
from orchestrator.model.presubmit import Sort
from orchestrator.model.progress import Note, Progress
from orchestrator.plan.presubmit import MOST_COMMITS, choose_base, split_range

_FORMS = "give BASE..HEAD, as in v7.1..topic"


class Planned(Struct, frozen=True):
    """One step. node: of commits, its place among them; files: that differ from its parent, None if
    it is not known which."""

    number: int
    name: str
    title: str
    sort: Sort
    node: int
    files: tuple[str, ...] | None


class Range(Struct, frozen=True):
    """commits: the base and then the range's. changes: what is not committed, and part of this.
    untracked: files that are no part of it, in words; "" if there are none."""

    repository: Path
    commits: tuple[Step, ...]
    why_base: str
    steps: tuple[Planned, ...]
    top: Path | None
    changes: Uncommitted | None
    untracked: str = ""

    @property
    def base(self) -> Step:
        return self.commits[0]

    @property
    def head(self) -> Step:
        return self.commits[-1]


def find_range(tree: Path, text: str, progress: Progress, *, with_changes: bool = True) -> Range:
    """text: "BASE..HEAD", or "" for what the branch has beyond its upstream.

    Raises UsageError that says what to give instead, InfrastructureError.
    """
    repository = tree.resolve()
    named = split_range(text)
    if text and named is None:
        raise UsageError(f"{text}: no range of commits", _FORMS)
    asked = named[1] if named else "HEAD"
    head = commit_id(repository, asked, "the range's head" if named else "HEAD")
    must_hold_kernel(repository, head)
    top = work_tree.top_of(repository)
    if top and top != repository:
        raise UsageError(f"{repository} is not the top of its git tree", f"--tree {top}")
    here = top is not None and head == commit_id(repository, "HEAD", "HEAD")
    (tip,) = steps_between(repository, head, head)
    changes = work_tree.uncommitted(top, tip) if top and here and with_changes else None
    untracked = _untracked(top) if top and here else ""
    if untracked:
        progress(Note(untracked))
    if named:
        base, why = _named(repository, named[0], head)
    else:
        base, why = _chosen(repository, head, dirty=changes is not None)
    commits = steps_between(repository, base, head)
    if len(commits) - 1 > MOST_COMMITS:
        raise UsageError(
            f"{len(commits) - 1} commits in {base[:12]}..{asked}; at most {MOST_COMMITS} are taken",
            "give a base that is nearer: BASE..HEAD",
        )
    if len(commits) == 1 and not changes:
        raise UsageError(f"nothing to check: {asked} has no commit beyond {base[:12]}", _FORMS)
    steps = _steps(repository, commits, changes)
    return Range(repository, commits, why, steps, top if changes else None, changes, untracked)


def _named(repository: Path, base: str, head: str) -> tuple[str, str]:
    first = commit_id(repository, base, "the range's base")
    fork = upstream.fork_of(repository, first, head)
    if not fork:
        raise UsageError(f"{base} and {head[:12]} have no common history", _FORMS)
    why = "as given" if fork == first else f"where it left {base}, which has gone on"
    return fork, why


def _chosen(repository: Path, head: str, *, dirty: bool) -> tuple[str, str]:
    candidates = tuple(upstream.bases(repository, head))
    found = choose_base(candidates, dirty=dirty)
    if found is None and dirty:
        return head, "HEAD: no commit of its own was found, so what is not committed is all"
    pushed = [each for each in candidates if each.upstream and not each.ahead]
    if found is None and pushed:
        why = f"no commit beyond {pushed[0].why}, and nothing that is not committed"
        raise UsageError(f"nothing to check: {why}", _FORMS)
    if found is None:
        raise UsageError(
            "which commits are yours? There is no upstream, tag or main branch to tell by, or "
            f"nothing or more than {MOST_COMMITS} commits beyond it",
            "give BASE..HEAD, or say once: git branch --set-upstream-to=origin/master",
        )
    return found.commit, found.why


def _steps(
    repository: Path, commits: tuple[Step, ...], changes: Uncommitted | None
) -> tuple[Planned, ...]:
    found = []
    for node, commit in enumerate(commits[1:], start=1):
        parent = commits[commit.parents[0]]
        told = None if len(commit.parents) > 1 else differing(repository, parent.tree, commit.tree)
        sort = Sort.MERGE if len(commit.parents) > 1 else Sort.COMMIT
        if commit.tree == parent.tree and sort is Sort.COMMIT:
            sort = Sort.EMPTY
        files = None if told is None else tuple(sorted(told))
        found.append(Planned(node, commit.name, commit.title, sort, node, files))
    if changes:
        paths = tuple(sorted(changes.files))
        many = "1 file" if len(paths) == 1 else f"{len(paths)} files"
        last = len(commits)
        title = f"not committed: {many}"
        found.append(Planned(last, "", title, Sort.WORKING_TREE, last - 1, paths))
    return tuple(found)


def _untracked(top: Path) -> str:
    number, names = work_tree.untracked(top)
    more = f" and {number - len(names)} more" if number > len(names) else ""
    said = f"untracked files are left out: {', '.join(names)}{more} (git add takes them in)"
    return said if number else ""

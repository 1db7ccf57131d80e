# SPDX-License-Identifier: GPL-2.0-only
"""Where a branch's own commits may begin: its upstream, a release, a main branch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestrator.edge.git import git
from orchestrator.plan.presubmit import Base

_MAIN = (
    "refs/remotes/*/HEAD",
    "refs/remotes/*/master",
    "refs/remotes/*/main",
    "refs/heads/master",
    "refs/heads/main",
)
_MOST_REFS = 40
_RELEASES = ("--match=v[0-9]*", "--match=next-[0-9]*")


def bases(repository: Path, head: str) -> Iterator[Base]:
    """Each with its reason, in words, the branch's upstream first. head: a commit id."""
    checked_out = _said(repository, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if checked_out == head:
        upstream = _said(repository, "rev-parse", "--abbrev-ref", "@{upstream}")
        if upstream:
            yield from _fork(repository, head, upstream, f"the branch's upstream, {upstream}", True)
    release = _said(repository, "describe", "--tags", "--abbrev=0", *_RELEASES, f"{head}^")
    if release:
        yield from _fork(repository, head, release, f"the last tag in its history, {release}")
    branch = _said(repository, "symbolic-ref", "--quiet", "HEAD")
    refs = _said(repository, "for-each-ref", f"--count={_MOST_REFS}", "--format=%(refname)", *_MAIN)
    for ref in refs.splitlines():
        if ref != branch:
            name = ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")
            yield from _fork(repository, head, ref, f"where it left {name}")


def fork_of(repository: Path, base: str, head: str) -> str:
    """The commit where head left base, which is base itself if head has it; "" if nowhere."""
    return _said(repository, "merge-base", base, head)


def ahead_of(repository: Path, base: str, head: str) -> int:
    """Commits that head has and base has not."""
    return int(_said(repository, "rev-list", "--count", f"{base}..{head}", "--") or 0)


def _fork(
    repository: Path, head: str, ref: str, why: str, upstream: bool = False
) -> Iterator[Base]:
    found = fork_of(repository, ref, head)
    if found:
        yield Base(found, why, ahead_of(repository, found, head), upstream)


def _said(repository: Path, *args: str) -> str:
    done = git(repository, *args)
    return done.output.strip() if done.returncode == 0 else ""

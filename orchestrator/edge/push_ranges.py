# SPDX-License-Identifier: GPL-2.0-only
"""Which commits a push brings. The repository is only read."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge.git import git
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.hooks import PushedRange, PushedRef
from orchestrator.plan.pushed import is_name, without_doubles

MOST = 100  # commits, as many as presubmit takes
RELEASE = "v[0-9]*.[0-9]*"


def ranges(top: Path, refs: tuple[PushedRef, ...]) -> list[PushedRange]:
    """What there is to check of these refs; each ref is in one of them. InfrastructureError."""
    return without_doubles([_range(top, ref) for ref in refs])


def _range(top: Path, ref: PushedRef) -> tuple[PushedRange, frozenset[str]]:
    nothing = PushedRange((ref.remote,))
    if not ref.new:
        return replace(nothing, why="it is deleted"), frozenset()
    head = _commit(top, ref.new)
    if not head:
        return replace(nothing, why="it names no commit"), frozenset()
    published = _published(top, ref, head)
    commits = _list(top, head, *published)
    if not commits:
        return replace(nothing, head=head, why="a remote has all its commits"), frozenset()
    if len(commits) > MOST:
        why = (
            f"more than {MOST} commits that no remote has; "
            f"`orchestrate presubmit BASE..{head[:12]}` checks those you choose"
        )
        return replace(nothing, head=head, why=why, unknown=True), frozenset()
    base = _base(top, head, published)
    if not base:
        why = "its history begins with it, so there is nothing to compare with"
        return replace(nothing, head=head, why=why, unknown=True), frozenset()
    found = PushedRange((ref.remote,), base, head, len(commits))
    return found, frozenset(commits)


def _published(top: Path, ref: PushedRef, head: str) -> tuple[str, ...]:
    """Arguments of rev-list that leave out what others have: what the remote ref was, as far as it
    is known here, and whatever has been fetched from or pushed to any remote. Rebased work comes
    with a new base that way, not with all that its new base has. In a repository that knows of no
    remote, releases are what others have."""
    old = _commit(top, ref.old) if ref.old else ""
    known = git(top, "for-each-ref", "--count=1", "--format=%(refname)", "refs/remotes/").output
    if old or known.strip():
        return ("--not", *([old] if old else ()), "--remotes")
    here = git(top, "tag", "--points-at", head, "--list", RELEASE).output.split()
    return ("--not", *(f"--exclude={tag}" for tag in here), f"--tags={RELEASE}")


def _commit(top: Path, name: str) -> str:
    """The commit an object is or, as a tag, leads to; "" if it is none, or is not here."""
    asked = ("--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    done = git(top, "rev-parse", *asked)
    return next(iter(_names(done.output)), "") if done.returncode == 0 else ""


def _list(top: Path, head: str, *published: str) -> list[str]:
    """Newest first. Raises InfrastructureError: that git failed does not mean there are none."""
    done = git(top, "rev-list", f"--max-count={MOST + 1}", head, *published)
    if done.returncode != 0:
        last = done.output.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise InfrastructureError(f"git rev-list: {last[0]}", "git fsck")
    return _names(done.output)


def _base(top: Path, head: str, published: tuple[str, ...]) -> str:
    """The newest commit on head's main line that others have."""
    line = _list(top, head, *published, "--first-parent")
    return _commit(top, f"{line[-1]}^1") if line else ""


def _names(output: str) -> list[str]:
    """Object names a git command printed; what else there is are warnings."""
    return [line for line in output.split("\n") if is_name(line)]

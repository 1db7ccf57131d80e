# SPDX-License-Identifier: GPL-2.0-only
"""The commits between two of a repository, as steps of a bisect. The repository is only read."""

from __future__ import annotations

from pathlib import Path

from orchestrator.edge.git import git
from orchestrator.model.bisect import Step
from orchestrator.model.errors import UsageError

MOST = 20_000  # a whole merge window; each costs a few kB
_FIELDS = ("%H", "%T", "%P", "%an <%ae>", "%aI", "%s")
# Whatever the user's configuration makes of git-log(1), here it is the plain form. Fields end
# with NUL, which is in none of them.
_FORMAT = f"tformat:{'%x00'.join(_FIELDS)}%x00"
_PLAIN = (
    "--no-show-signature",
    "--no-color",
    "--no-decorate",
    "--no-notes",
    "--no-mailmap",
    "--no-patch",
    "--encoding=UTF-8",
    f"--format={_FORMAT}",
)


def commits_between(repository: Path, good: str, bad: str) -> tuple[Step, ...]:
    """The good commit, all that bad has and it has not, oldest first, bad last.

    Raises UsageError if one is no commit of it, if good is no ancestor of bad, or there are more
    than MOST.
    """
    first, last = (
        commit_id(repository, name, option) for name, option in ((good, "--good"), (bad, "--bad"))
    )
    if first == last:
        raise UsageError(f"--good {good} and --bad {bad} are the same commit", "name two commits")
    _must_descend(repository, (first, good), (last, bad))
    _must_be_few(repository, (first, good), (last, bad))
    return steps_between(repository, first, last)


def _must_be_few(repository: Path, good: tuple[str, str], bad: tuple[str, str]) -> None:
    """Each as (id, what the user called it)."""
    counted = git(repository, "rev-list", "--count", f"{good[0]}..{bad[0]}", "--")
    if counted.returncode != 0 or int(counted.output) > MOST:
        raise UsageError(
            f"{counted.output.strip()} commits between {good[1]} and {bad[1]}; "
            f"at most {MOST} are taken",
            "name commits that are nearer",
        )


def steps_between(repository: Path, first: str, last: str) -> tuple[Step, ...]:
    """The same of two commit ids, the one an ancestor of the other, or both the same."""
    rows = [
        *_log(repository, "--no-walk", first),
        *_log(repository, "--topo-order", "--reverse", f"{first}..{last}"),
    ]
    numbers = {row[0]: number for number, row in enumerate(rows)}
    return tuple(
        Step(
            name=commit,
            title=title,
            author=author,
            date=date,
            # A parent that is not between the two has nothing of what is asked about.
            parents=tuple(
                sorted({numbers.get(parent, 0) for parent in parents.split()}) if number else ()
            ),
            tree=tree,
        )
        for number, (commit, tree, parents, author, date, title) in enumerate(rows)
    )


def commit_id(repository: Path, name: str, option: str) -> str:
    """The whole id. Raises UsageError, which says `option`, if there is no such commit."""
    found = git(
        repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    if found.returncode == 0:
        return found.output.strip()
    inside = git(repository, "rev-parse", "--git-dir")
    if "dubious ownership" in inside.output:
        raise UsageError(
            f"git does not trust {repository}, which belongs to someone else",
            f"git config --global --add safe.directory {repository}",
        )
    if inside.returncode != 0:
        raise UsageError(f"{repository} is no git checkout", "name the repository with --tree DIR")
    raise UsageError(
        f"{option} {name}: no such commit in {repository}",
        "is it fetched? `git log` in the tree shows what there is",
    )


def _must_descend(repository: Path, good: tuple[str, str], bad: tuple[str, str]) -> None:
    """Each as (id, what the user called it)."""
    if _is_ancestor(repository, good[0], bad[0]):
        return
    if _is_ancestor(repository, bad[0], good[0]):
        raise UsageError(
            f"--bad {bad[1]} is older than --good {good[1]}",
            "the good commit comes first; what fixed something is not looked for yet",
        )
    base = git(repository, "merge-base", good[0], bad[0])
    fork = base.output.strip()[:12] if base.returncode == 0 else ""
    raise UsageError(
        f"--good {good[1]} is not in the history of --bad {bad[1]}",
        f"try --good {fork}, where they parted" if fork else "they have no common history",
    )


def _is_ancestor(repository: Path, one: str, other: str) -> bool:
    return git(repository, "merge-base", "--is-ancestor", one, other).returncode == 0


def _log(repository: Path, *which: str) -> list[tuple[str, ...]]:
    done = git(repository, "log", *_PLAIN, *which, "--")
    if done.returncode != 0:
        raise UsageError(f"git log failed: {done.output.strip()[-200:]}", "git fsck")
    fields = done.output.split("\0")
    size = len(_FIELDS)
    rows = [tuple(fields[at : at + size]) for at in range(0, len(fields) - size + 1, size)]
    return [(row[0].lstrip("\n"), *row[1:]) for row in rows]

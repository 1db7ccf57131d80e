# SPDX-License-Identifier: GPL-2.0-only
"""Changes of tracked files that are not committed, as a tree in the store.

The user's files are only read, and read once: the tree holds what its key was made from.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from orchestrator.edge.commit_trees import Files, derived_tree, differing, tree_key
from orchestrator.edge.commits import diff_of
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.git import git
from orchestrator.edge.store import Store
from orchestrator.mail.compressed import LIMIT_MIB, too_large
from orchestrator.model.bisect import Step
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import Tree

_NAMED = 3  # untracked files that are told by name


class Uncommitted(Struct, frozen=True):
    """files: those that differ from the commit. diff: the same, as text."""

    files: Files
    diff: str


def top_of(repository: Path) -> Path | None:
    """The top of its work tree; None for a repository without one."""
    done = git(repository, "rev-parse", "--show-toplevel")
    return Path(done.output.rstrip("\n")) if done.returncode == 0 and done.output.strip() else None


def uncommitted(top: Path, head: Step) -> Uncommitted | None:
    """What the files of a work tree have that its commit has not; None if nothing.

    Raises InfrastructureError if it is more than a patch may be.
    """
    files = differing(top, head.tree)
    if files is None:
        raise InfrastructureError(
            f"too much of {top} is not committed: thousands of files, or a submodule",
            "commit it, or name the range: BASE..HEAD takes commits alone with --no-work-tree",
        )
    return Uncommitted(files, diff_of(top, head.tree)) if files else None


def untracked(top: Path) -> tuple[int, tuple[str, ...]]:
    """(how many files git does not know and does not ignore, some of their names)."""
    done = git(top, "ls-files", "-z", "--others", "--exclude-standard", "--directory")
    names = [name for name in done.output.split("\0") if name] if done.returncode == 0 else []
    return len(names), tuple(names[:_NAMED])


def tracked(top: Path) -> frozenset[str]:
    """Files that git knows there."""
    done = git(top, "ls-files", "-z", "--cached")
    return frozenset(done.output.split("\0")) if done.returncode == 0 else frozenset()


def work_tree(top: Path, head: Step, changes: Uncommitted, store: Store) -> Tree:
    """The commit's tree, which is in the store, with these changes. Raises OSError,
    InfrastructureError if a file went while it was looked at."""
    contents = {path: _read(top / path) for path, (_, there) in changes.files.items() if there}
    if sum(len(data) for _, data in contents.values()) > LIMIT_MIB << 20:
        raise too_large(f"what is not committed in {top}")
    rows = (
        f"{path}\0{contents[path][0]}\0{digest(os.fsdecode(contents[path][1]))}"
        if path in contents
        else f"{path}\0gone"
        for path in sorted(changes.files)
    )

    def put(folder: Path, there: Sequence[str]) -> None:
        for path in there:
            kind, data = contents[path]
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if kind == "l":
                place.symlink_to(os.fsdecode(data))
            else:
                place.write_bytes(data)
                place.chmod(0o755 if kind == "x" else 0o644)

    origin = f"{top} ({head.name[:12]} and what is not committed)"
    key = f"work-{digest(head.tree, *rows)}"
    return derived_tree(tree_key(head), key, origin, changes.files, store, put)


def _read(path: Path) -> tuple[str, bytes]:
    """(kind as in content_memo.FileState, content)."""
    try:
        if path.is_symlink():
            return "l", os.fsencode(path.readlink())
        kind = "x" if path.stat().st_mode & 0o100 else "f"
        return kind, path.read_bytes()
    except OSError as error:
        raise InfrastructureError(
            f"{path} cannot be read: {error.strerror}", "did it change just now? run it again"
        ) from error

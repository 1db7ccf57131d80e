# SPDX-License-Identifier: GPL-2.0-only
"""The tree of a commit in the store, made from that of another commit: it costs what differs.

What did not change is a hard link to the other tree's file; what did comes out of `git archive`,
as the whole tree would. The repository is only read: no checkout, no index, no ref. So many are
kept; those used longest ago go, as each can be made again.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestrator.config.source_spec import GitRef
from orchestrator.edge import content_memo, source_list
from orchestrator.edge.derive import derive
from orchestrator.edge.git import git
from orchestrator.edge.keeping import trim
from orchestrator.edge.kernel_tree import verified_release
from orchestrator.edge.sources.archive import unpack
from orchestrator.edge.sources.git import fetch_git
from orchestrator.edge.sources.known import tree_at
from orchestrator.edge.store import Store
from orchestrator.model.bisect import Step
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import Tree
from orchestrator.model.progress import Progress, StageDone, StageStarted, silent

MOST_FILES = 5_000  # that differ: beyond, a whole tree is as fast
KEPT = 100  # trees of commits, about 60 MiB each: folders, and what no other tree shares
_OF_A_COMMIT = "git-"
_NEW = ".orchestrate-new"  # inside, so that it goes with what is left of a killed run
_GONE, _LINK_TO_REPOSITORY = "000000", "160000"


def tree_key(step: Step) -> str:
    """In trees/; the same that fetch_git() gives, as the content is."""
    return f"{_OF_A_COMMIT}{step.tree[:16]}"


def commit_tree(
    repository: Path, steps: Sequence[Step], node: int, store: Store, progress: Progress
) -> Tree:
    """The tree of steps[node], from the nearest step's that the store has, else whole.

    Raises UsageError if it is no kernel tree, InfrastructureError.
    """
    began_s = time.monotonic()
    step = steps[node]
    progress(StageStarted("source", f"{step.name[:12]} {step.title}"))
    cached = (store.folder("trees") / tree_key(step)).is_dir()
    near = None if cached else _nearest(steps, node, store)
    files = differing(repository, near.tree, step.tree) if near else None
    if near and files is not None:
        tree = _derived(repository, near, step, files, store)
        how = f"{len(files)} files from {near.name[:12]}'s"
    else:
        tree = fetch_git(GitRef(str(repository), step.name), store, progress)
        how = tree.release
    if not cached:
        trim(store.folder("trees"), KEPT, _counted, keep=tree.key)
    progress(StageDone("source", time.monotonic() - began_s, cached, f"{step.name[:12]}, {how}"))
    return tree


def _counted(tree: Path) -> int:
    """For trim(), which passes over what raises ValueError: each of a commit's is one."""
    if not tree.name.startswith(_OF_A_COMMIT):
        raise ValueError(tree.name)
    return 1


def _nearest(steps: Sequence[Step], node: int, store: Store) -> Step | None:
    there = [n for n, step in enumerate(steps) if (store.folder("trees") / tree_key(step)).is_dir()]
    return steps[min(there, key=lambda n: (abs(n - node), n))] if there else None


Files = dict[str, tuple[bool, bool]]  # path → was it there in the other tree, is it in this one?


def differing(repository: Path, *trees: str) -> Files | None:
    """In what two trees of it differ, or one and the files there as they are now; None if a tree
    with so many or such changes had better be made whole. Raises InfrastructureError."""
    # Into a file, since names are bytes.
    with tempfile.TemporaryDirectory(prefix="orchestrate-") as folder:
        file = Path(folder) / "raw"
        args = ("--raw", "-z", "--no-renames", "--no-ext-diff", "--no-relative", "--no-color")
        done = git(repository, "diff", *args, "--ignore-submodules=none", "-O/dev/null",
                   f"--output={file}", *trees, "--")  # fmt: skip
        if done.returncode != 0:
            raise InfrastructureError(f"git diff failed: {done.output.strip()[-200:]}", "git fsck")
        parts = file.read_bytes().decode(errors="surrogateescape").split("\0")
    found: Files = {}
    for row, path in zip(parts[0::2], parts[1::2], strict=False):
        old, new = row.lstrip(":").split()[:2]
        special = _LINK_TO_REPOSITORY in (old, new) or path.rpartition("/")[2] == ".gitattributes"
        if special or len(found) >= MOST_FILES:
            return None
        found[path] = (old != _GONE, new != _GONE)
    return found


def _derived(repository: Path, near: Step, step: Step, files: Files, store: Store) -> Tree:
    def put(folder: Path, there: Sequence[str]) -> None:
        other = folder / _NEW
        other.mkdir()
        try:
            _extract(repository, step, there, other)
            for path in there:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (other / "new" / path).rename(folder / path)
        finally:
            shutil.rmtree(other)

    origin = f"{repository} ({step.name[:12]})"
    return derived_tree(tree_key(near), tree_key(step), origin, files, store, put)


def derived_tree(
    base_key: str,
    key: str,
    origin: str,
    files: Files,
    store: Store,
    put: Callable[[Path, Sequence[str]], None],
) -> Tree:
    """The tree trees/key: trees/base_key, which is there, less these files, plus those of them
    that put(folder, paths) brings: new files, in folders that it makes where there are none."""
    base = store.folder("trees") / base_key

    def make(folder: Path) -> None:
        derive(base, folder)
        # Only what was there: a new path may lead through what is still a link.
        for path in (path for path, (was, _) in files.items() if was):
            _remove(folder, path)
        there = [path for path, (_, is_there) in files.items() if is_there]
        if there:
            put(folder, there)
        verified_release(folder, origin)

    tree = tree_at(key, origin, store, make, silent)
    _list(tree, base_key, files, store)
    return tree


def _remove(folder: Path, path: str) -> None:
    """The file, and folders that are empty without it: git has none."""
    (folder / path).unlink(missing_ok=True)
    for parent in (folder / path).parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()


def _extract(repository: Path, step: Step, paths: Sequence[str], other: Path) -> None:
    """These files of the step's tree, below other/new."""
    archive = other / "some.tar"
    for start in range(0, len(paths), 500):
        asked = ("archive", "--format=tar", f"--output={archive}", step.name, "--")
        done = git(repository, "--literal-pathspecs", *asked, *paths[start : start + 500])
        if done.returncode != 0:
            raise InfrastructureError(f"git archive failed: {done.output.strip()[-200:]}")
        (other / "new").mkdir(exist_ok=True)
        unpack(archive, other / "new", silent, strip=0)


def _list(tree: Tree, base: str, files: Files, store: Store) -> None:
    """What every file of it holds, from the other tree's list: only what differs is read."""
    rows = source_list.known(base, store)
    if not rows or source_list.known(tree.key, store):
        return
    fresh = content_memo.look(tree.path, [path for path, (_, there) in files.items() if there], {})
    kept = {path: row for path, row in rows.items() if path not in files}
    kept |= {state.path: f"{state.kind} {state.digest}" for state in fresh}
    source_list.know(tree.key, kept, store)

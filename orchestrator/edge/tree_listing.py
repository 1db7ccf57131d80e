# SPDX-License-Identifier: GPL-2.0-only
"""Which files of a user's tree are its sources, and which are build products."""

from __future__ import annotations

import tempfile
from pathlib import Path

from msgspec import Struct

from orchestrator.edge.git import git
from orchestrator.edge.kernel_tree import LANDMARKS
from orchestrator.edge.process import Completed
from orchestrator.model.errors import InfrastructureError

# For a tree without git: patterns as in gitignore(5), later ones win, and all of them win over
# the tree's own .gitignore files. Those name every build product, but Debian's ends with "/*",
# and the kernel's with ".*", which also hides .kunitconfig: hence the two exceptions on top.
BUILD_PRODUCTS = (
    "!/*",
    "!.*",
    # What the exceptions let back in.
    ".git",
    ".*.cmd",
    ".*.d",
    ".*.o",
    ".tmp_*",
    ".checked-*.h",
    "/.config",
    "/.config.old",
    "/.version",
    "/.vmlinux*",
    "/vmlinux",
    "/vmlinux.*",
    "/System.map",
    "/Module.symvers",
    "/modules.*",
    "/*-pkg/",
    # And what must not stay even if the tree has lost its .gitignore files: kbuild calls a
    # tree with these "not clean" and refuses O= (top Makefile, target outputmakefile).
    "/include/config/",
    "/include/generated/",
    "/arch/*/include/generated/",
    "*.o",
    "*.ko",
    "*.a",
    "*.mod",
    "*.mod.c",
    "modules.order",
)


class Listing(Struct, frozen=True):
    """Paths relative to the tree, sorted. head: the commit checked out, "" without git."""

    paths: tuple[str, ...]
    head: str


def list_sources(tree: Path) -> Listing:
    """Tracked and untracked files that git does not ignore, or all but BUILD_PRODUCTS.

    Files that are tracked but deleted are still listed. Raises InfrastructureError.
    """
    if git(tree, *_trusting(tree), "rev-parse", "--show-toplevel").output == str(tree.resolve()):
        told = git(
            tree,
            *(*_trusting(tree), "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        )
        paths = _names(told, tree)
        # A repository that was never committed to, or that tracks other things.
        if set(LANDMARKS) <= set(paths):
            return Listing(paths, _head(tree))
    return Listing(_without_git(tree), "")


def is_dirty(tree: Path) -> bool:
    """Does the work tree differ from HEAD, untracked files included?"""
    done = git(tree, *_trusting(tree), "--no-optional-locks", "status", "--porcelain")
    return done.returncode != 0 or bool(done.output)


def _trusting(tree: Path) -> tuple[str, ...]:
    """The user named this tree, so its owner does not matter; nothing in it is run."""
    return ("-c", f"safe.directory={tree.resolve()}", "-c", "core.fsmonitor=false")


def _head(tree: Path) -> str:
    done = git(tree, *_trusting(tree), "rev-parse", "--verify", "--quiet", "HEAD")
    return done.output.strip() if done.returncode == 0 else ""


def _without_git(tree: Path) -> tuple[str, ...]:
    """git's reading of ignore files, with an empty repository that is elsewhere."""
    with tempfile.TemporaryDirectory(prefix="orchestrate-") as empty:
        git(tree, "init", "--quiet", empty)
        excludes = (f"--exclude={pattern}" for pattern in BUILD_PRODUCTS)
        told = git(
            tree,
            *(f"--git-dir={empty}/.git", "--work-tree=.", "ls-files", "-z", "--others"),
            *("--exclude-per-directory=.gitignore", *excludes),
        )
    return _names(told, tree)


def _names(told: Completed, tree: Path) -> tuple[str, ...]:
    # stderr is on the same pipe; a warning in between would spoil a name.
    for mark in ("warning: ", "error: ", "fatal: "):
        if told.returncode != 0 or mark in told.output:
            said = told.output[told.output.find(mark) :].partition("\n")[0]
            raise InfrastructureError(f"cannot list {tree}: {said}", "is every directory readable?")
    names = {name for name in told.output.split("\0") if name and not name.endswith("/")}
    return tuple(sorted(names))

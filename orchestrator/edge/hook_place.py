# SPDX-License-Identifier: GPL-2.0-only
"""Where a repository's hooks are, and our own folder beside them. Only read."""

from __future__ import annotations

from pathlib import Path

from orchestrator.edge.git import git
from orchestrator.edge.kernel_tree import verified_release
from orchestrator.model.errors import UsageError
from orchestrator.model.hooks import Place

OURS = "orchestrate"  # in the git directory
PRE_PUSH = "pre-push"


def find(tree: Path) -> Place:
    """Of the checkout that tree is in. Raises UsageError if it is none of a kernel."""
    if not tree.is_dir():
        raise UsageError(f"no folder {tree}", "name your kernel checkout with --tree DIR")
    top = _asked(tree, "--show-toplevel")
    if not top:
        said = git(tree, "rev-parse", "--show-toplevel").output
        if "dubious ownership" in said:
            hint = f"git config --global --add safe.directory {tree.resolve()}"
            raise UsageError(f"git does not trust {tree}, which belongs to someone else", hint)
        raise UsageError(f"{tree} is no git checkout", "hooks belong to one; --tree DIR names it")
    verified_release(Path(top), top)
    common = _asked(Path(top), "--git-common-dir")
    return Place(
        top=Path(top),
        hooks=(Path(top) / _asked(Path(top), "--git-path", "hooks")).absolute(),
        ours=(Path(top) / common).resolve() / OURS,
    )


def must_be_ours_alone(place: Place) -> None:
    """UsageError if the folder of hooks is shared with other repositories, or part of the tree."""
    ours = (
        f"add to {place.hooks / PRE_PUSH}: exec orchestrate hooks pre-push -- \"$@\"   or give "
        "this repository a folder of its own: git config --local core.hooksPath .git/hooks"
    )  # fmt: skip
    origin = git(place.top, "config", "--show-scope", "--get", "core.hooksPath").output
    scope = origin.split("\t")[0].strip()
    if scope in ("global", "system"):
        raise UsageError(f"core.hooksPath ({scope}) is one for all your repositories", ours)
    inside = place.hooks.resolve().is_relative_to(place.top.resolve())
    if inside and not place.hooks.resolve().is_relative_to(place.ours.parent):
        file = str(place.hooks / PRE_PUSH)
        if git(place.top, "check-ignore", "--quiet", "--", file).returncode != 0:
            raise UsageError(f"core.hooksPath is in the tree itself: {place.hooks}", ours)


def _asked(folder: Path, *question: str) -> str:
    done = git(folder, "rev-parse", *question)
    return done.output.rstrip("\n") if done.returncode == 0 else ""

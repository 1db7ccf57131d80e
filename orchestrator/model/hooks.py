# SPDX-License-Identifier: GPL-2.0-only
"""What git hooks and b4 ask of us, and what we answered."""

from __future__ import annotations

import enum
from pathlib import Path

from msgspec import Struct


class PushedRef(Struct, frozen=True):
    """One line of a pre-push hook's input, githooks(5). new, old: object names in hex; "" for none
    (new: the ref is deleted; old: it is made)."""

    local: str
    new: str
    remote: str
    old: str


class PushedRange(Struct, frozen=True):
    """Commits a push brings to where they were not. refs: remote names of what brings them.

    base: the commit before the first of them, "" if nothing can be checked; then `why` says so, and
    unknown whether there was something.
    """

    refs: tuple[str, ...]
    base: str = ""
    head: str = ""
    commits: int = 0
    why: str = ""
    unknown: bool = False

    @property
    def span(self) -> str:
        return f"{self.base[:12]}..{self.head[:12]}"


class Answer(enum.Enum):
    """What a check came to. Only RED and STOPPED hold a push."""

    GREEN = "green"
    NOTHING = "nothing to check"
    RED = "red"
    UNCHECKED = "not checked"
    STOPPED = "interrupted"


class Checked(Struct, frozen=True):
    """A range and its answer. left: what was left out of the check, each as a line; why: of an
    answer that is not green, a line."""

    what: str
    answer: Answer
    why: str = ""
    left: tuple[str, ...] = ()
    red: tuple[str, ...] = ()


class HookRecord(Struct, frozen=True):
    """One line of the log. at: ISO 8601, UTC. word: "skipped", "blocked", "passed", "unchecked"."""

    at: str
    hook: str
    word: str
    what: str
    why: str = ""


class Installed(Struct, frozen=True):
    """What `hooks install` did to a repository, so that `hooks remove` can undo just that.

    hook: our pre-push, "" if none. kept: the user's own, under its new name, "" if there was none.
    b4: values added to b4.prep-perpatch-check-cmd. The sums are SHA-256 of files as written.
    """

    version: str
    orchestrate: str
    budget_s: float = 0.0
    hook: str = ""
    hook_sum: str = ""
    kept: str = ""
    b4: tuple[str, ...] = ()
    b4_script: str = ""


class Place(Struct, frozen=True):
    """Where the hooks of a repository live. top: of the worktree. ours: the folder we keep in its
    git directory, which all its worktrees share."""

    top: Path
    hooks: Path
    ours: Path


class HookStatus(Struct, frozen=True):
    """installed: a line each. broken: what keeps it from working, or was changed. records: the
    latest of the log, oldest first."""

    top: Path
    installed: tuple[str, ...]
    broken: tuple[str, ...]
    records: tuple[HookRecord, ...]
    done: Installed | None = None

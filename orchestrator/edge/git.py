# SPDX-License-Identifier: GPL-2.0-only
"""How git is called here: it never writes to a user's repository and never stops to ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orchestrator.edge.process import Completed, run

# GIT_NO_LAZY_FETCH (git 2.45): reading a partial clone must not fetch into it.
ENV = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
# What a hook or `git bisect run` that called us may have set, and git would obey.
LEAKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
GIT = ("env", *(f"--unset={name}" for name in LEAKS), "git")


def git(
    folder: Path,
    *args: str,
    env: dict[str, str] | None = None,
    timeout_s: float | None = None,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """git with args in folder, whatever its exit code. Raises as process.run() does."""
    return run(
        [*GIT, *args],
        cwd=folder,
        env={**ENV, **(env or {})},
        timeout_s=timeout_s,
        log=log,
        on_line=on_line,
    )

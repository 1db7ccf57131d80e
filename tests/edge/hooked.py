# SPDX-License-Identifier: GPL-2.0-only
"""A kernel checkout with hooks, a bare repository to push to, and an `orchestrate` whose presubmit
does what the test says. All the rest of it, and git, are real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trees import git, repository

PROJECT = Path(__file__).parents[2]

# $0's folder holds status (an exit code, or seconds to sleep), json (what to write), calls (a log).
_STAND_IN = """#!/bin/sh
here=${{0%/*}}
if [ "$1" = presubmit ]; then
	echo "$*" >> "$here/calls"
	while [ $# -gt 1 ]; do
		[ "$1" = --json ] && [ -f "$here/json" ] && cp "$here/json" "$2"
		shift
	done
	echo "what presubmit prints"
	[ -f "$here/sleep" ] && exec sleep "$(cat "$here/sleep")"
	exit "$(cat "$here/status")"
fi
sort=$2
shift 2
case $sort in
	pre-push|b4-check) set -- --orchestrate "$0" "$@" ;;
esac
PYTHONPATH={project} exec {python} -P -m orchestrator hooks "$sort" "$@"
"""


@dataclass(frozen=True)
class Hooked:
    tree: Path
    remote: Path
    program: Path

    def presubmit_ends(self, status: int, document: dict[str, Any] | None = None) -> None:
        (self.program.parent / "status").write_text(str(status))
        (self.program.parent / "json").unlink(missing_ok=True)
        if document is not None:
            (self.program.parent / "json").write_text(json.dumps(document))

    @property
    def calls(self) -> list[str]:
        """BASE..HEAD of each call of presubmit."""
        file = self.program.parent / "calls"
        return [line.split()[-1] for line in file.read_text().splitlines()] if file.exists() else []

    def hooks(self, *args: str, tree: Path | None = None) -> subprocess.CompletedProcess[str]:
        """orchestrate hooks ARGS, in the tree."""
        argv = [str(self.program), "hooks", *args]
        if args[0] == "install":
            argv += ["--orchestrate", str(self.program)]
        return subprocess.run(argv, cwd=tree or self.tree, capture_output=True, text=True)

    def push(
        self, *args: str, tree: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "push", *args], cwd=tree or self.tree, capture_output=True, text=True,
            errors="backslashreplace",
            env={**os.environ, **env},
        )  # fmt: skip

    def commit(self, text: str, tree: Path | None = None) -> str:
        """The id of a new commit that appends text to kernel/kthread.c."""
        tree = tree or self.tree
        file = tree / "kernel/kthread.c"
        file.write_text(file.read_text() + text + "\n")
        git(tree, "commit", "--quiet", "--all", f"--message=kthread: {text}")
        return git(tree, "rev-parse", "HEAD")


def mark(verdict: str | None, said: str) -> dict[str, Any]:
    return {"verdict": verdict, "said": said, "left_out": verdict is None}


def document(*marks: dict[str, Any]) -> dict[str, Any]:
    """What presubmit --json writes of one commit, as far as hooks read it."""
    steps = [{"number": number, "marks": {"boot": each}} for number, each in enumerate(marks, 1)]
    return {"steps": steps, "full": []}


def hooked(folder: Path, name: str = "a tree") -> Hooked:
    """origin has main; presubmit ends with 0. Nothing is installed yet."""
    tree, remote, bin_dir = folder / name, folder / "remote.git", folder / "bin"
    tree.mkdir()
    bin_dir.mkdir()
    repository(tree)
    git(folder, "init", "--quiet", "--bare", str(remote))
    git(tree, "remote", "add", "origin", str(remote))
    git(tree, "push", "--quiet", "origin", "main")
    git(tree, "config", "user.name", "T")
    git(tree, "config", "user.email", "t@example.org")
    program = bin_dir / "orchestrate"
    program.write_text(_STAND_IN.format(project=PROJECT, python=sys.executable))
    program.chmod(0o755)
    made = Hooked(tree, remote, program)
    made.presubmit_ends(0, document(mark("pass", "168 cases")))
    return made

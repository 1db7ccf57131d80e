# SPDX-License-Identifier: GPL-2.0-only
"""b4's checks: `b4 prep --check` runs each value of b4.prep-perpatch-check-cmd on each patch.

Facts, from b4 0.16 (ez.py: get_check_cmds(), check(); __init__.py: run_local_check()): values of
all configuration files and of the tree's .b4-config add up; the tree's checkpatch is run only if
there is none, so it must be added beside ours. A value is split like a shell's, but run without
one, in the top folder, the patch on standard input. Each line on standard output is a failure if
it holds "ERROR:" and else a warning, each on standard error a failure; success is to say nothing.
Answers are kept by command and commit, unless --no-cache is given.
"""

from __future__ import annotations

import os
import shlex
from importlib.util import find_spec
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import hook_script
from orchestrator.edge.git import git
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.hooks import Installed, Place

KEY = "b4.prep-perpatch-check-cmd"
SCRIPT = ("b4-check", "orchestrate")  # of data/hooks, and as which: b4 shows the name
_CHECKPATCH = "scripts/checkpatch.pl"
_OPTIONS = "-q --terse --no-summary --mailback --showfile"  # those b4 calls it with


def plan(place: Place, done: Installed) -> Installed:
    """done, with what put() will do: our command, and checkpatch if b4 ran it by default so far."""
    script = place.ours / SCRIPT[1]
    ours = shlex.quote(str(script))
    there = _values(place)
    fresh = (value for value in (*_default(place, there), ours) if value not in there)
    added = (*(value for value in done.b4 if value in there), *fresh)
    return replace(done, b4=added, b4_script=str(script))


def put(place: Place, done: Installed) -> None:
    """What is there already is written anew."""
    hook_script.write(SCRIPT[0], Path(done.b4_script), Path(done.orchestrate), done.budget_s)
    for value in missing(place, done):
        _git(place, "--add", KEY, value)


def remove(place: Place, done: Installed) -> tuple[str, ...]:
    """What was done, a line each. Other values stay as they are, and where they are."""
    there = _values(place)
    for value in done.b4:
        if value in there:
            _git(place, "--fixed-value", "--unset-all", KEY, value)
    Path(done.b4_script).unlink(missing_ok=True)
    left = len(_values(place))
    rest = f"{left} of others stay" if left else "b4 runs checkpatch alone, as before"
    return (f"{KEY}: ours is gone; {rest}",)


def missing(place: Place, done: Installed) -> tuple[str, ...]:
    """Values of ours that somebody took out."""
    there = _values(place)
    return tuple(value for value in done.b4 if value not in there)


def _default(place: Place, there: list[str]) -> list[str]:
    """What b4 runs if nothing is set, relative to where it is run: any worktree's own."""
    if there or not os.access(place.top / _CHECKPATCH, os.X_OK):
        return []
    spell = " --codespell" if find_spec("codespell_lib") else ""
    return [f"./{_CHECKPATCH} {_OPTIONS}{spell}"]


def _values(place: Place) -> list[str]:
    """As b4 reads them, .b4-config first."""
    own = place.top / ".b4-config"
    files = [("--file", str(own))] if own.is_file() else []
    found = []
    for where in (*files, ()):
        done = git(place.top, "config", *where, "--null", "--get-all", KEY)
        if done.returncode == 0:
            found += done.output.split("\0")[:-1]
    return found


def _git(place: Place, *change: str) -> None:
    done = git(place.top, "config", "--local", *change)
    if done.returncode != 0:
        last = done.output.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise InfrastructureError(f"git config: {last[0]}", "is another git running there?")

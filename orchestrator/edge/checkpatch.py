# SPDX-License-Identifier: GPL-2.0-only
"""The tree's own scripts/checkpatch.pl on one mail, in the sandbox: it is code of the tree."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from orchestrator.edge import sandbox
from orchestrator.edge.git import git

SCRIPT = "scripts/checkpatch.pl"
TIMEOUT_S = 300.0
_OPTIONS = ("--strict", "--terse", "--showfile", "--show-types", "--no-summary", "--color=never")
# Of what is not committed there is no message yet.
_NO_MAIL = ("--no-signoff", "--ignore=COMMIT_MESSAGE")


class GitDir(Struct, frozen=True):
    """What a script needs to ask git about commits. reads: folders; path: for GIT_DIR, "" if it
    cannot be asked from inside the sandbox: then commits that are named are not looked up."""

    path: str = ""
    reads: tuple[Path, ...] = ()

    @property
    def env(self) -> dict[str, str]:
        return {
            "GIT_DIR": self.path or "/nonexistent",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_NO_LAZY_FETCH": "1",
        }


def git_dir(repository: Path) -> GitDir:
    """The repository's, if git can be asked in the sandbox, which is found out by asking."""
    done = git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir")
    if done.returncode != 0:
        return GitDir()
    common = Path(done.output.rstrip("\n"))
    found = GitDir(str(common), (common, *_alternates(common)))
    asked = sandbox.run(
        ("git", "rev-parse", "--verify", "--quiet", "HEAD^{tree}"),
        cwd=common,
        reads=found.reads,
        env=found.env,
        timeout_s=60,
    )
    return found if asked.returncode == 0 else GitDir()


def _alternates(common: Path) -> list[Path]:
    """Other folders that its objects are in, and theirs."""
    found: list[Path] = []
    waiting = [common / "objects"]
    while waiting and len(found) < 20:
        objects = waiting.pop()
        listed = objects / "info/alternates"
        for line in listed.read_text().splitlines() if listed.is_file() else ():
            there = (objects / line).absolute()
            if line and not line.startswith("#") and there.is_dir() and there not in found:
                found.append(there)
                waiting.append(there)
    return found


def run_checkpatch(tree: Path, patch: Path, where: GitDir, *, mail: bool) -> tuple[int, str] | None:
    """(exit status, what it printed); None if the tree has no such script.

    tree: in the store. mail: the patch has headers and a message. Raises InfrastructureError.
    """
    if not (tree / SCRIPT).is_file():
        return None
    argv = ("perl", SCRIPT, *_OPTIONS, *(() if mail else _NO_MAIL), str(patch))
    done = sandbox.run(
        argv, cwd=tree, reads=(tree, patch, *where.reads), env=where.env, timeout_s=TIMEOUT_S
    )
    return done.returncode, done.output

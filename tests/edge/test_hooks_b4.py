# SPDX-License-Identifier: GPL-2.0-only
"""The real b4 on a real prep branch, with our command among its checks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hooked import Hooked, document, hooked, mark
from trees import git

from orchestrator.edge.b4_hook import KEY
from orchestrator.edge.patch_commit import commit_of

B4 = Path(sys.executable).with_name("b4")
CHECKPATCH = '#!/bin/sh\ncat > /dev/null\necho "$*" >> "${0%/*}/called"\n'


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Hooked:
    """Two commits on a prep branch; the tree has a checkpatch that likes all. Its own commands b4
    does not find in a folder with a blank in its name."""
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    made = hooked(tmp_path, getattr(request, "param", "tree"))
    checkpatch = made.tree / "scripts/checkpatch.pl"
    checkpatch.write_text(CHECKPATCH)
    checkpatch.chmod(0o755)
    git(made.tree, "add", "--all")
    git(made.tree, "commit", "--quiet", "--message=checkpatch")
    b4(made, "prep", "--new", "topic", "--fork-point", "main")
    made.commit("öne")
    made.commit("two")
    return made


def b4(made: Hooked, *args: str, path: str = "") -> str:
    done = subprocess.run(
        [B4, "--offline-mode", *args], cwd=made.tree, text=True, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        env={**os.environ, "PATH": path or os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0 and "Traceback" not in done.stdout, done.stdout
    return done.stdout


def commits(made: Hooked) -> list[str]:
    return git(made.tree, "rev-list", "--reverse", "-2", "HEAD").split()


@pytest.mark.parametrize("made", ["tree", "my 'tree' #2"], indirect=True)
def test_each_patch_is_the_commit_it_came_from(made: Hooked) -> None:
    made.hooks("install", "--only", "b4")
    said = b4(made, "prep", "--check")
    assert "Success: 2, Warning: 0, Error: 0" in said, said
    assert made.calls == [f"{commit}^..{commit}" for commit in commits(made)]
    assert len((made.tree / "scripts/called").read_text().splitlines()) == 2  # as b4 does alone
    b4(made, "prep", "--check")
    assert len(made.calls) == 2  # b4 remembers


def test_red_is_a_failure_in_b4(made: Hooked) -> None:
    made.presubmit_ends(
        1, document(mark("crash", "BUG: \x1b[31mNULL\nwarning"), mark(None, "time"))
    )
    made.hooks("install", "--only", "b4")
    said = b4(made, "prep", "--check")
    assert r"orchestrate: ERROR: 1 boot: BUG: \x1b[31mNULL\x0awarning" in said
    assert "orchestrate: WARNING: not checked: 2 boot: time" in said
    assert "Warning: 2, Error: 2" in said


@pytest.mark.parametrize("status", [3, 2, 42])
def test_what_is_not_known_is_a_warning(made: Hooked, status: int) -> None:
    made.presubmit_ends(status)
    made.hooks("install", "--only", "b4")
    said = b4(made, "prep", "--check")
    assert "Warning: 2, Error: 0" in said
    assert "orchestrate: WARNING: not checked: " in said and "--no-cache" in said


def test_past_it_with_a_reason_which_is_kept(made: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    made.hooks("install", "--only", "b4")
    monkeypatch.setenv("ORCHESTRATE_SKIP", "docs only")
    assert "WARNING: skipped: docs only" in b4(made, "prep", "--check")
    assert made.calls == []
    assert "b4 skipped: a patch: docs only" in made.hooks("status").stdout


def test_a_program_that_is_gone_is_a_warning(made: Hooked) -> None:
    made.hooks("install", "--only", "b4")
    made.program.unlink()
    said = b4(made, "prep", "--check", path="/usr/bin:/bin")
    assert f"WARNING: not checked: {made.program} is gone" in said


def test_values_of_ones_own_stay_and_checkpatch_is_not_added_to_them(made: Hooked) -> None:
    own = "./scripts/checkpatch.pl --strict '#'"
    git(made.tree, "config", "--add", KEY, own)
    made.hooks("install", "--only", "b4")
    values = git(made.tree, "config", "--get-all", KEY).splitlines()
    assert values[0] == own and len(values) == 2
    assert "Success: 2, Warning: 0, Error: 0" in b4(made, "prep", "--check")
    assert (made.tree / "scripts/called").read_text() == "--strict #\n" * 2
    made.hooks("remove")
    assert git(made.tree, "config", "--get-all", KEY) == own


def test_nor_to_those_of_the_tree(made: Hooked) -> None:
    (made.tree / ".b4-config").write_text(
        "[b4]\n\tprep-perpatch-check-cmd = ./scripts/checkpatch.pl\n"
    )
    made.hooks("install", "--only", "b4")
    assert len(git(made.tree, "config", "--get-all", KEY).splitlines()) == 1
    b4(made, "prep", "--check")
    assert (made.tree / "scripts/called").read_text() == "\n" * 2 and len(made.calls) == 2


def test_removed_b4_is_as_before(made: Hooked) -> None:
    made.hooks("install")
    made.hooks("remove")
    assert "Success: 2" in b4(made, "prep", "--check")
    assert made.calls == []
    assert "-q --terse" in (made.tree / "scripts/called").read_text()


def test_by_hand(made: Hooked) -> None:
    """A mail on standard input, as git format-patch makes it; and one of nobody here."""
    made.presubmit_ends(1)
    first = commits(made)[0]
    mail = subprocess.run(
        ["git", "format-patch", "--stdout", "-1", first], cwd=made.tree, capture_output=True
    ).stdout  # fmt: skip
    done = subprocess.run(
        [made.program, "hooks", "b4-check"], input=mail, cwd=made.tree, capture_output=True
    )  # fmt: skip
    assert done.returncode == 1 and not done.stderr
    assert done.stdout.startswith(f"ERROR: see orchestrate presubmit {first[:12]}^..".encode())
    other = mail.replace(b"+\xc3\xb6ne", b"+another")
    done = subprocess.run(
        [made.program, "hooks", "b4-check"], input=other, cwd=made.tree, capture_output=True
    )  # fmt: skip
    assert done.returncode == 0 and b"no commit here has this change" in done.stdout


def test_of_commits_with_the_same_change_the_one_with_the_subject(made: Hooked) -> None:
    first = commits(made)[0]
    git(made.tree, "revert", "--no-edit", "HEAD", "HEAD~1")
    git(made.tree, "cherry-pick", first)
    again = git(made.tree, "rev-parse", "HEAD")
    git(made.tree, "revert", "--no-edit", "HEAD")
    git(made.tree, "cherry-pick", first)
    git(made.tree, "commit", "--quiet", "--amend", "--message=another title")
    last = git(made.tree, "rev-parse", "HEAD")

    def mail(commit: str) -> bytes:
        argv = ["git", "format-patch", "--stdout", "-1", commit]
        return subprocess.run(argv, cwd=made.tree, capture_output=True).stdout

    assert commit_of(made.tree, mail(last)) == last
    assert commit_of(made.tree, mail(again)) == again
    assert commit_of(made.tree, mail(git(made.tree, "rev-list", "--max-parents=0", "HEAD"))) == ""
    assert commit_of(made.tree, b"Subject: x\n\nno patch\n") == ""
    assert commit_of(made.tree, os.urandom(100)) == ""

# SPDX-License-Identifier: GPL-2.0-only
"""Real pushes to a bare repository: which commits are checked, and what holds a push."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from hooked import PROJECT, Hooked, document, hooked, mark
from trees import git

from orchestrator.cli.hooks_options import called


@pytest.fixture
def made(tmp_path: Path) -> Hooked:
    found = hooked(tmp_path)
    done = found.hooks("install", "--only", "pre-push")
    assert done.returncode == 0, done.stderr
    git(found.tree, "checkout", "--quiet", "-b", "topic")
    return found


def has(made: Hooked, ref: str) -> str:
    """The remote's commit of this ref, "" if there is none."""
    return git(made.remote, "for-each-ref", "--format=%(objectname)", ref)


def running() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout


def test_a_new_branch_is_checked_from_where_it_left(made: Hooked) -> None:
    base = git(made.tree, "rev-parse", "main")
    made.commit("one")
    head = made.commit("two")
    done = made.push("-u", "origin", "topic")
    assert done.returncode == 0, done.stderr
    assert made.calls == [f"{base}..{head}"]
    assert "checks refs/heads/topic: 2 commits" in done.stderr
    assert "what presubmit prints" in done.stderr and done.stdout.count("presubmit") == 0
    assert "green: refs/heads/topic" in done.stderr
    third = made.commit("three")
    assert made.push().returncode == 0
    assert made.calls[1:] == [f"{head}..{third}"]


def test_presubmit_is_asked_as_agreed(made: Hooked) -> None:
    made.commit("one")
    made.push("origin", "topic")
    asked = (made.program.parent / "calls").read_text()
    assert asked.startswith("presubmit --quick --no-work-tree --budget ")
    assert f" --tree {made.tree} --json " in asked


def test_red_holds_the_push(made: Hooked) -> None:
    made.presubmit_ends(1, document(mark("crash", "BUG: \x1b[31mNULL"), mark(None, "no time")))
    made.commit("one")
    done = made.push("origin", "topic")
    assert done.returncode == 1
    assert has(made, "refs/heads/topic") == ""
    assert "RED: refs/heads/topic: 1 commit" in done.stderr
    assert r"red: 1 boot: BUG: \x1b[31mNULL" in done.stderr
    assert "PUSH HELD" in done.stderr
    assert "held: refs/heads/topic" in made.hooks("status").stdout


@pytest.mark.parametrize(
    ("status", "said"),
    [(3, "the host failed"), (2, "presubmit cannot check this"), (42, "exit status 42")],
)
def test_what_is_not_known_is_said_and_does_not_hold_it(
    made: Hooked, status: int, said: str
) -> None:
    made.presubmit_ends(status)
    head = made.commit("one")
    done = made.push("origin", "topic")
    assert done.returncode == 0
    assert has(made, "refs/heads/topic") == head
    assert "NOT CHECKED: refs/heads/topic" in done.stderr and said in done.stderr
    assert "not checked: refs/heads/topic: 1 commit" in made.hooks("status").stdout


def test_a_check_that_had_time_for_nothing_is_no_red_one(made: Hooked) -> None:
    made.presubmit_ends(1, document(mark(None, "the time was over")))
    made.commit("one")
    done = made.push("origin", "topic")
    assert done.returncode == 0
    assert "NOT CHECKED: 1 boot: the time was over" in done.stderr


def test_nor_is_one_that_checked_nothing_a_green_one(made: Hooked) -> None:
    made.presubmit_ends(0, document(mark(None, "the time was over")))
    made.commit("one")
    done = made.push("origin", "topic")
    assert done.returncode == 0
    assert "NOT CHECKED: refs/heads/topic" in done.stderr and "green" not in done.stderr


def test_nor_is_one_that_does_not_say_what_it_checked(made: Hooked) -> None:
    made.presubmit_ends(0)
    made.commit("one")
    done = made.push("origin", "topic")
    assert done.returncode == 0
    assert "NOT CHECKED: refs/heads/topic" in done.stderr and "green" not in done.stderr


def test_red_without_a_document_is_red(made: Hooked) -> None:
    made.presubmit_ends(1)
    made.commit("one")
    assert made.push("origin", "topic").returncode == 1


def test_what_was_left_out_of_a_green_one_shows(made: Hooked) -> None:
    made.presubmit_ends(0, document(mark("pass", "3 suites"), mark(None, "no sparse here")))
    made.commit("one")
    done = made.push("origin", "topic")
    assert "nothing red, NOT ALL CHECKED: refs/heads/topic" in done.stderr
    assert "NOT CHECKED: 2 boot: no sparse here" in done.stderr
    assert "passed in part: refs/heads/topic" in made.hooks("status").stdout


def test_past_it_with_a_reason_which_is_kept(made: Hooked) -> None:
    made.presubmit_ends(1)
    head = made.commit("one")
    done = made.push("origin", "topic", ORCHESTRATE_SKIP="docs \x1b[31monly")
    assert done.returncode == 0 and has(made, "refs/heads/topic") == head
    assert r"SKIPPED: docs \x1b[31monly" in done.stderr
    assert made.calls == []
    status = made.hooks("status").stdout
    assert f"pre-push skipped: to {made.remote}: docs " in status and "\x1b" not in status
    made.commit("two")
    assert made.push("origin", "topic", ORCHESTRATE_SKIP=" ").returncode == 1


def test_no_verify_goes_past_it(made: Hooked) -> None:
    made.presubmit_ends(1)
    made.commit("one")
    assert made.push("--no-verify", "origin", "topic").returncode == 0
    assert made.calls == []


def test_deleted_refs_and_known_commits_need_nothing(made: Hooked) -> None:
    made.commit("one")
    made.push("origin", "topic")
    git(made.tree, "tag", "sent-v1")
    before = len(made.calls)
    made.presubmit_ends(1)
    for args in (["origin", "topic:again"], ["origin", "sent-v1"], ["origin", ":topic"]):
        done = made.push(*args)
        assert done.returncode == 0, done.stderr
        assert "nothing to check" in done.stderr
    assert len(made.calls) == before
    assert has(made, "refs/heads/topic") == ""


def test_a_tag_brings_commits(made: Hooked) -> None:
    base, head = git(made.tree, "rev-parse", "main"), made.commit("one")
    git(made.tree, "tag", "-a", "-m", "sent", "sent-v1")
    git(made.tree, "tag", "a-blob", f"{head}:Makefile")
    done = made.push("origin", "sent-v1", "a-blob")
    assert made.calls == [f"{base}..{head}"]
    assert "nothing to check: refs/tags/a-blob: it names no commit" in done.stderr


def test_a_forced_push_after_a_rebase_checks_what_is_new(made: Hooked) -> None:
    made.commit("one")
    made.push("origin", "topic")
    git(made.tree, "checkout", "--quiet", "main")
    (made.tree / "Kbuild").write_text("# upstream went on\n")
    git(made.tree, "commit", "--quiet", "--all", "--message=upstream")
    made.push("--no-verify", "origin", "main")
    upstream = git(made.tree, "rev-parse", "main")
    git(made.tree, "checkout", "--quiet", "topic")
    git(made.tree, "rebase", "--quiet", "main")
    done = made.push("--force", "origin", "topic")
    assert done.returncode == 0, done.stderr
    head = git(made.tree, "rev-parse", "HEAD")
    assert made.calls[1:] == [f"{upstream}..{head}"]


def test_branches_on_one_another_are_checked_once(made: Hooked) -> None:
    base = git(made.tree, "rev-parse", "main")
    made.commit("one")
    git(made.tree, "branch", "part")
    git(made.tree, "tag", "sent")
    head = made.commit("two")
    done = made.push("origin", "part", "topic", "sent")
    assert made.calls == [f"{base}..{head}"]
    for ref in ("refs/heads/topic", "refs/heads/part", "refs/tags/sent"):
        assert ref in done.stderr


def test_a_remote_nobody_has_fetched_from(made: Hooked, tmp_path: Path) -> None:
    git(made.tree, "remote", "remove", "origin")
    other = tmp_path / "other.git"
    git(tmp_path, "init", "--quiet", "--bare", str(other))
    base, head = git(made.tree, "rev-parse", "v7.3.4"), made.commit("one")
    assert made.push(str(other), "topic").returncode == 0
    assert made.calls == [f"{base}..{head}"]  # from the release


def test_a_whole_history_is_not_checked(made: Hooked, tmp_path: Path) -> None:
    git(made.tree, "remote", "remove", "origin")
    git(made.tree, "tag", "-d", "v7.3.4")
    made.commit("one")
    other = tmp_path / "other.git"
    git(tmp_path, "init", "--quiet", "--bare", str(other))
    done = made.push(str(other), "topic")
    assert done.returncode == 0 and made.calls == []
    assert "NOT CHECKED: refs/heads/topic: its history begins with it" in done.stderr


def test_a_worktree_is_checked_as_itself(made: Hooked, tmp_path: Path) -> None:
    other = tmp_path / "worktree"
    git(made.tree, "worktree", "add", "--quiet", "-b", "side", str(other))
    base, head = git(made.tree, "rev-parse", "main"), made.commit("side", other)
    assert made.push("origin", "side", tree=other).returncode == 0
    assert made.calls == [f"{base}..{head}"]
    assert f"--tree {other}" in (made.program.parent / "calls").read_text()
    assert made.hooks("status", tree=other).stdout == made.hooks("status").stdout


def test_a_program_that_is_gone_shows(made: Hooked) -> None:
    made.program.rename(made.program.with_name("elsewhere"))
    head = made.commit("one")
    done = made.push("origin", "topic", PATH="/usr/bin:/bin")
    assert done.returncode == 0 and has(made, "refs/heads/topic") == head
    assert f"NOT CHECKED: {made.program} is gone, and none is in PATH" in done.stderr


def test_or_the_one_in_path_is_taken(made: Hooked, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    made.program.parent.rename(moved)
    made.commit("one")
    (moved / "status").write_text("1")
    done = made.push("origin", "topic", PATH=f"{moved}:{os.environ['PATH']}")
    assert done.returncode == 1 and "PUSH HELD" in done.stderr


def test_one_that_takes_too_long_is_ended(made: Hooked) -> None:
    """By the hook: a presubmit that does not heed its budget."""
    (made.program.parent / "sleep").write_text("600")
    made.commit("one")
    made.hooks("install", "--budget", "3s")
    before = time.monotonic()
    done = made.push("origin", "topic")
    assert done.returncode == 0
    assert "it took too long and was ended" in done.stderr
    assert time.monotonic() - before < 60
    assert "sleep 600" not in running()


def test_a_module_of_the_trees_own_is_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "orchestrator").mkdir()
    (tmp_path / "orchestrator/__main__.py").write_text("print('the tree speaks')")
    done = subprocess.run(
        [*called(None), "--version"], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.stdout.startswith("orchestrate, version "), done.stderr


def test_names_that_are_no_utf8(made: Hooked) -> None:
    made.commit("one")
    name = os.fsdecode(b"topic-\xff")
    assert made.push("origin", f"topic:refs/heads/{name}").returncode == 0
    assert len(made.calls) == 1
    made.commit("two")
    done = made.push("origin", "topic", ORCHESTRATE_SKIP=os.fsdecode(b"\xff"))
    assert done.returncode == 0 and r"SKIPPED: \xdcff" in done.stderr
    assert len(made.hooks("status").stdout.splitlines()) == 4


def test_by_hand_it_says_who_calls_it(made: Hooked) -> None:
    done = subprocess.run(
        [made.program, "hooks", "pre-push"], cwd=made.tree, input="what?\n", capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 2 and "no line of a pre-push hook" in done.stderr


def test_ctrl_c_holds_the_push_and_ends_presubmit(made: Hooked) -> None:
    (made.program.parent / "sleep").write_text("601")
    made.commit("one")
    push = subprocess.Popen(
        ["git", "push", "origin", "topic"], cwd=made.tree, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    while not made.calls:
        time.sleep(0.05)
    os.killpg(push.pid, signal.SIGINT)
    _, said = push.communicate(timeout=60)
    assert push.returncode != 0 and has(made, "refs/heads/topic") == ""
    assert "Traceback" not in said
    assert "sleep 601" not in running()

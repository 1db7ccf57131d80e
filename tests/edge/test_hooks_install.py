# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate hooks install` changes in a repository, and that `remove` undoes just that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hooked import Hooked, hooked
from trees import git, kernel_tree

KEY = "b4.prep-perpatch-check-cmd"


@pytest.fixture
def made(tmp_path: Path) -> Hooked:
    return hooked(tmp_path)


def own_hook(made: Hooked, text: str, mode: int = 0o755) -> Path:
    hook = made.tree / ".git/hooks/pre-push"
    hook.write_text(text)
    hook.chmod(mode)
    os.utime(hook, ns=(1_600_000_000_000_000_000,) * 2)
    return hook


def git_folder(made: Hooked) -> dict[str, tuple[int, bytes | str]]:
    """All of .git that hooks could change: mode and content."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted((made.tree / ".git").rglob("*")):
        name = str(path.relative_to(made.tree))
        if path.is_symlink():
            found[name] = (0, str(path.readlink()))
        elif not name.startswith((".git/objects", ".git/logs")):
            mode = path.stat().st_mode
            found[name] = (mode, path.read_bytes() if path.is_file() else b"")
    return found


@pytest.mark.parametrize("own", ["none", "executable", "not executable", "link", "[b4]", "locked"])
def test_remove_restores_what_was_there(made: Hooked, tmp_path: Path, own: str) -> None:
    if own in ("executable", "not executable"):
        own_hook(made, "#!/bin/sh\nexit 0 # \r\n", 0o751 if own == "executable" else 0o640)
    elif own == "link":
        (tmp_path / "my-hook").write_text("#!/bin/sh\n")
        (made.tree / ".git/hooks/pre-push").symlink_to("../../../my-hook")
    elif own == "[b4]":
        with (made.tree / ".git/config").open("a") as config:
            config.write(f"# mine\n[b4]\n\t{KEY[3:]} = ./check  --it # really\n")
    elif own == "locked":
        (made.tree / ".git/config").chmod(0o600)
    before = git_folder(made)
    for _ in range(2):  # twice is once
        assert made.hooks("install").returncode == 0
        installed = git_folder(made)
    assert made.hooks("install").returncode == 0
    assert git_folder(made) == installed != before
    done = made.hooks("remove")
    assert done.returncode == 0, done.stderr
    assert git_folder(made) == before
    if "executable" in own:
        hook = made.tree / ".git/hooks/pre-push"
        assert hook.stat().st_mtime_ns == 1_600_000_000_000_000_000
    assert made.hooks("remove").stdout == "nothing of ours is installed\n"


def test_a_hook_of_ones_own_is_called_first_and_may_refuse(made: Hooked) -> None:
    seen = made.tree.parent / "seen"
    own_hook(made, f'#!/bin/sh\necho "$@" > "{seen}"\ncat >> "{seen}"\ntest ! -e "{seen}.no"\n')
    made.hooks("install")
    head = made.commit("one")
    assert made.push("origin", "main").returncode == 0
    base = made.calls[0].split("..")[0]
    said = f"origin {made.remote}\nrefs/heads/main {head} refs/heads/main {base}\n"
    assert seen.read_text() == said
    Path(f"{seen}.no").touch()
    made.commit("two")
    assert made.push("origin", "main").returncode == 1
    assert len(made.calls) == 1  # it was not worth asking


def test_a_hook_that_reads_nothing_or_is_switched_off(made: Hooked) -> None:
    hook = own_hook(made, "#!/bin/sh\nexit 0\n")
    made.hooks("install")
    made.commit("one")
    done = made.push("origin", "main")
    assert done.returncode == 0 and "Broken pipe" not in done.stderr and "I/O" not in done.stderr
    hook.with_name("pre-push.local").chmod(0o644)  # git would not call it, either
    made.commit("two")
    assert made.push("origin", "main").returncode == 0
    assert len(made.calls) == 2


def test_two_hooks_that_are_not_ours_are_left_alone(made: Hooked) -> None:
    own_hook(made, "#!/bin/sh\n")
    (made.tree / ".git/hooks/pre-push.local").write_text("mine, too")
    before = git_folder(made)
    done = made.hooks("install")
    assert done.returncode == 2 and "move pre-push.local away" in done.stderr
    assert git_folder(made) == before


def test_stopped_half_way_it_can_be_undone_or_gone_on_with(made: Hooked) -> None:
    own = own_hook(made, "#!/bin/sh\n")
    before = git_folder(made)
    made.hooks("install")
    record = (made.tree / ".git/orchestrate/installed.json").read_bytes()
    for word in ("remove", "install"):
        made.hooks("remove")
        (made.tree / ".git/orchestrate").mkdir()  # what there is when the record was written,
        (made.tree / ".git/orchestrate/installed.json").write_bytes(record)
        os.link(own, own.with_name("pre-push.local"))  # and the hook had its second name
        assert made.hooks(word).returncode == 0
        assert (word == "remove") == (git_folder(made) == before)
    assert made.hooks("status").returncode == 0
    made.hooks("remove")
    assert git_folder(made) == before


def test_a_hook_somebody_wrote_over_ours_is_left_alone(made: Hooked) -> None:
    own_hook(made, "#!/bin/sh\n")
    made.hooks("install")
    later = own_hook(made, "#!/bin/sh\n# another tool's\n")
    assert "is gone or not ours; nothing is checked" in made.hooks("status").stdout
    assert made.hooks("install").returncode == 2  # both names are taken now
    assert "not ours any more, and stays" in made.hooks("remove").stdout
    assert later.read_text() == "#!/bin/sh\n# another tool's\n"
    assert later.with_name("pre-push.local").read_text() == "#!/bin/sh\n"


def test_status_says_what_does_not_work(made: Hooked) -> None:
    assert made.hooks("status").stdout == "nothing is installed\n"
    made.hooks("install", "--budget", "2m")
    done = made.hooks("status")
    assert done.returncode == 0, done.stdout
    hook = made.tree / ".git/hooks/pre-push"
    assert f"git push: {hook}" in done.stdout and "120 s each" in done.stdout
    assert f"calls {made.program}" in done.stdout
    with hook.open("a") as file:
        file.write("# more\n")
    done = made.hooks("status")
    assert done.returncode == 3 and "was changed since it was written" in done.stdout
    hook.chmod(0o644)
    assert "is not executable; nothing is checked" in made.hooks("status").stdout
    git(made.tree, "config", "--unset-all", KEY)
    assert f"{KEY} lost " in made.hooks("status").stdout
    made.hooks("install")
    assert made.hooks("status").returncode == 0


def test_a_program_that_went_shows_in_status(made: Hooked) -> None:
    made.hooks("install")
    gone = made.program.with_name("gone")
    record = made.tree / ".git/orchestrate/installed.json"
    record.write_text(record.read_text().replace(str(made.program), str(gone)))
    done = made.hooks("status")
    assert done.returncode == 3 and f"BROKEN: {gone} is gone" in done.stdout


def test_a_damaged_record_is_said(made: Hooked) -> None:
    made.hooks("install")
    (made.tree / ".git/orchestrate/installed.json").write_text("{")
    for word in ("install", "status", "remove"):
        done = made.hooks(word)
        assert done.returncode == 3 and "cannot read" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_folder_of_hooks_of_ones_own_is_respected(made: Hooked, tmp_path: Path) -> None:
    folder = tmp_path / "my hooks"
    git(made.tree, "config", "core.hooksPath", str(folder))
    made.hooks("install")
    assert (folder / "pre-push").exists() and not (made.tree / ".git/hooks/pre-push").exists()
    made.commit("one")
    made.push("origin", "main")
    assert len(made.calls) == 1
    git(made.tree, "config", "--unset", "core.hooksPath")
    assert "git looks in" in made.hooks("status").stdout
    made.hooks("install")
    assert not (folder / "pre-push").exists() and (made.tree / ".git/hooks/pre-push").exists()


def test_but_not_one_in_the_tree_or_one_for_all_repositories(
    made: Hooked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(made.tree, "config", "core.hooksPath", "tools/hooks")
    done = made.hooks("install")
    assert done.returncode == 2 and "in the tree itself" in done.stderr
    assert "exec orchestrate hooks pre-push" in done.stderr
    assert not (made.tree / "tools").exists() and not (made.tree / ".git/orchestrate").exists()
    git(made.tree, "config", "--unset", "core.hooksPath")
    (tmp_path / "gitconfig").write_text(f"[core]\n\thooksPath = {tmp_path}/all\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    done = made.hooks("install")
    assert done.returncode == 2 and "one for all your repositories" in done.stderr
    assert not (tmp_path / "all").exists()
    assert made.hooks("install", "--only", "b4").returncode == 0


def test_a_line_in_a_hook_of_ones_own_does_the_same(made: Hooked) -> None:
    own_hook(made, f'#!/bin/sh\nexec "{made.program}" hooks pre-push -- "$@"\n')
    made.presubmit_ends(1)
    made.commit("one")
    assert made.push("origin", "main").returncode == 1
    assert "held: refs/heads/main" in made.hooks("status").stdout


def test_a_worktree_shares_them(made: Hooked, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(made.tree, "worktree", "add", "--quiet", "-b", "side", str(other))
    made.hooks("install", tree=other)
    assert (made.tree / ".git/hooks/pre-push").exists()
    assert made.hooks("remove").returncode == 0
    assert not (made.tree / ".git/hooks/pre-push").exists()


@pytest.mark.parametrize("what", ["no checkout", "no kernel", "nowhere"])
def test_elsewhere_it_is_refused(made: Hooked, tmp_path: Path, what: str) -> None:
    folder = tmp_path / what
    if what == "no checkout":
        kernel_tree(folder)
    elif what == "no kernel":
        git(tmp_path, "init", "--quiet", str(folder))
    done = made.hooks("install", "--tree", str(folder))
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 2, done.stderr


def test_one_of_both(made: Hooked) -> None:
    made.hooks("install", "--only", "pre-push")
    assert "b4" not in made.hooks("status").stdout
    made.hooks("install", "--only", "b4")
    assert "git push: " in (both := made.hooks("status").stdout) and "b4 prep" in both
    made.hooks("remove", "--only", "pre-push")
    assert "git push: " not in (one := made.hooks("status").stdout) and "b4 prep" in one
    made.hooks("remove", "--only", "b4")
    assert not (made.tree / ".git/orchestrate").exists()


def test_the_log_does_not_grow_for_ever(made: Hooked) -> None:
    from orchestrator.edge import hook_record

    ours = made.tree / ".git/orchestrate"
    for number in range(200):
        hook_record.note(ours, "pre-push", "skipped", f"{number}", "x" * 4000)
    (ours / "log.jsonl").open("ab").write(b'{"half": a line')
    assert (ours / "log.jsonl").stat().st_size < 2 * hook_record.LOG_BYTES
    assert [each.what for each in hook_record.noted(ours, 3)] == ["197", "198", "199"]

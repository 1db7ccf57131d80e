# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

from pathlib import Path

import pytest
import trees

from orchestrator.edge.derive import derive
from orchestrator.edge.patching import apply_patches, looks_damaged, patch_digest, patch_title
from orchestrator.model.errors import PatchBroken, UsageError

DIFF = """\
diff --git a/kernel/kthread.c b/kernel/kthread.c
--- a/kernel/kthread.c
+++ b/kernel/kthread.c
@@ -4,5 +4,5 @@ line 3
 line 4
 line 5
-line 6
+line six
 line 7
 line 8
"""
MAIL = (
    "From: A <a@example.org>\nSubject: [PATCH v2 1/2] kthread: say six\n in words\n\nWhy.\n---\n"
    + DIFF
    + "-- \n2.39.5\n"
)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return trees.kernel_tree(tmp_path / "base")


@pytest.fixture
def tree(base: Path, tmp_path: Path) -> Path:
    derive(base, tmp_path / "derived")
    return tmp_path / "derived"


def _patch(folder: Path, text: str, name: str = "a.patch") -> Path:
    (folder / name).write_bytes(text.encode())
    return folder / name


def _broken(tree: Path, *texts: str) -> PatchBroken:
    folder = tree.parent
    patches = [_patch(folder, text, f"{number}.patch") for number, text in enumerate(texts)]
    with pytest.raises(PatchBroken) as caught:
        apply_patches(tree, patches, folder / "log")
    assert caught.value.log == folder / "log"
    return caught.value


@pytest.mark.parametrize("text", [DIFF, MAIL])
def test_a_patch_never_writes_through_a_hard_link(base: Path, tree: Path, text: str) -> None:
    before = trees.state(base)
    apply_patches(tree, [_patch(tree.parent, text)], tree.parent / "log")
    assert "line six\n" in (tree / "kernel/kthread.c").read_text()
    assert (tree / "kernel/kthread.c").stat().st_mtime_ns > trees.OLD_NS
    assert trees.state(base) == before
    assert (tree / "Makefile").samefile(base / "Makefile")


def test_modes_new_files_and_removed_ones(base: Path, tree: Path) -> None:
    text = (
        "diff --git a/Kbuild b/Kbuild\ndeleted file mode 100644\n--- a/Kbuild\n+++ /dev/null\n"
        "@@ -1 +0,0 @@\n-# Kbuild\n"
        "diff --git a/new.c b/new.c\nnew file mode 100644\n--- /dev/null\n+++ b/new.c\n"
        "@@ -0,0 +1 @@\n+int x;\n"
        "diff --git a/scripts/run.sh b/scripts/run.sh\n--- a/scripts/run.sh\n"
        "+++ b/scripts/run.sh\n@@ -1 +1,2 @@\n #!/bin/sh\n+true\n"
    )
    apply_patches(tree, [_patch(tree.parent, text)], tree.parent / "log")
    assert not (tree / "Kbuild").exists() and (base / "Kbuild").exists()
    assert (tree / "new.c").read_text() == "int x;\n"
    assert (tree / "scripts/run.sh").stat().st_mode & 0o111
    assert (base / "scripts/run.sh").read_text() == "#!/bin/sh\n"


def test_a_repository_around_the_tree_does_not_matter(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a repository, `git apply` skips what is outside the current folder, and succeeds."""
    trees.git(tree.parent, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(tree.parent / ".git"))
    apply_patches(tree, [_patch(tree.parent, DIFF)], tree.parent / "log")
    assert "line six\n" in (tree / "kernel/kthread.c").read_text()


def test_the_user_cannot_make_it_lenient(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text("[apply]\n\tignoreWhitespace = change\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert "kernel/kthread.c:4" in _broken(tree, DIFF.replace(" line 4", " line   4")).message


def test_an_offset_is_fine_but_fuzz_is_not(tree: Path) -> None:
    moved = DIFF.replace("@@ -4,5 +4,5 @@", "@@ -2,5 +2,5 @@")
    apply_patches(tree, [_patch(tree.parent, moved)], tree.parent / "log")
    error = _broken(tree, DIFF.replace("line 6", "line six").replace(" line 4", " line 44"))
    assert error.message == "0.patch: patch failed: kernel/kthread.c:4"


def test_the_second_patch_is_named(tree: Path) -> None:
    error = _broken(tree, DIFF, DIFF)
    assert error.message == "patch 2 of 2, 1.patch: patch failed: kernel/kthread.c:4"
    assert "made for this tree" in error.hint
    assert error.log is not None and "error: patch failed" in error.log.read_text()


@pytest.mark.parametrize("name", ["../outside.c", "/etc/outside.c", ".git/config"])
def test_paths_outside_are_refused(tree: Path, name: str) -> None:
    _broken(
        tree,
        f"diff --git {name} {name}\nnew file mode 100644\n--- /dev/null\n+++ b/{name}\n"
        "@@ -0,0 +1 @@\n+x\n",
    )
    assert not (tree.parent / "outside.c").exists()


def test_nothing_is_written_behind_a_symbolic_link(tree: Path) -> None:
    (tree / "link").symlink_to(tree.parent)
    text = "diff --git a/link/x b/link/x\nnew file mode 100644\n--- /dev/null\n+++ b/link/x\n"
    assert "beyond a symbolic link" in _broken(tree, text + "@@ -0,0 +1 @@\n+x\n").message
    assert not (tree.parent / "x").exists()


def test_hints_for_what_mail_does_to_patches(tree: Path) -> None:
    stripped = "\n".join(line.strip() for line in DIFF.splitlines()) + "\n"
    assert "white space" in _broken(tree, stripped).hint
    assert "CR LF" in _broken(tree, DIFF.replace("\n", "\r\n")).hint
    assert "holds no diff" in _broken(tree, "Dear all,\n").hint
    assert not looks_damaged(MAIL)


def test_a_patch_that_is_not_there(tree: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.patch"):
        apply_patches(tree, [tree / "missing.patch"], tree.parent / "log")


def test_the_digest_knows_content_and_order(tmp_path: Path) -> None:
    one, two = _patch(tmp_path, DIFF, "1"), _patch(tmp_path, MAIL, "2")
    same = _patch(tmp_path, DIFF, "3")
    assert patch_digest([one, two]) == patch_digest([same, two]) != patch_digest([two, one])
    assert patch_digest([]) != patch_digest([one])


def test_titles(tmp_path: Path) -> None:
    assert patch_title(_patch(tmp_path, MAIL)) == "kthread: say six in words"
    assert patch_title(_patch(tmp_path, DIFF, "plain.diff")) == "plain.diff"

# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.edge.patching import apply_patches, patch_title
from orchestrator.model.errors import PatchBroken
from orchestrator.model.job import Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, ProgressEvent, silent
from orchestrator.workflow.patches import prepare

FILE = "int f(void)\n{\n\tint a;\n\n\ta = 1;\n\treturn a;\n}\n"
DAMAGED = (
    "--- a/kernel/f.c\n+++ b/kernel/f.c\n@@ -3,5 +3,6 @@ int f(void)\nint a;\n\n"
    "- a = 1;\n+ a = g();\n+ h(a);\nreturn a;\n}\n\n--\n2.47.3\n"
)
LINK = (
    "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n"
    "+kernel/f.c\n\\ No newline at end of file\n"
)
MAILS = (
    PatchMail(
        name="one",
        diff=DAMAGED,
        subject="[PATCH v2 1/2] f: ask g()\n and h()",
        author="A. Uthor <a@example.org>",
        body="Since g() knows.\n\n--- a/x\nis no diff here.",
        trailers=("Signed-off-by: A. Uthor <a@example.org>",),
        notes=("quoted-printable",),
    ),
    PatchMail(name="two", diff=LINK),
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "tree"
    (root / "kernel").mkdir(parents=True)
    (root / "kernel/f.c").write_text(FILE)
    return Tree(root, "key", "7.3.0", "here")


def test_git_applies_what_is_written(tree: Tree, tmp_path: Path) -> None:
    said: list[ProgressEvent] = []
    paths = prepare(MAILS, tree, tmp_path, said.append)
    assert [path.name for path in paths] == ["0001-f-ask-g-and-h.patch", "0002-two.patch"]
    assert {path.parent for path in paths} == {tmp_path / "patches"}
    assert (tree.path / "kernel/f.c").read_text() == FILE
    copy = tmp_path / "copy"
    shutil.copytree(tree.path, copy)
    apply_patches(copy, paths, tmp_path / "log")
    assert (copy / "kernel/f.c").read_text() == FILE.replace("\ta = 1;\n", "\ta = g();\n\th(a);\n")
    assert (copy / "l").readlink() == Path("kernel/f.c")
    notes = [event.text for event in said if isinstance(event, Note)]
    assert any("quoted-printable" in note for note in notes)
    assert any("2 lines indented in kernel style" in note for note in notes)


def test_the_mail_is_whole(tree: Tree, tmp_path: Path) -> None:
    path, _ = prepare(MAILS, tree, tmp_path, silent)
    text = path.read_text()
    assert patch_title(path) == "f: ask g() and h()"
    assert "From: A. Uthor <a@example.org>\n" in text
    assert "Since g() knows.\n" in text
    assert "Signed-off-by: A. Uthor <a@example.org>\n---\n" in text


@pytest.mark.parametrize(
    ("author", "written"),
    [("A. Uthor", "A. Uthor <a@example.org>"), ("B. Other", "B. Other"), ("b@x.org", "b@x.org")],
)
def test_an_address_that_an_archive_hid(
    tree: Tree, tmp_path: Path, author: str, written: str
) -> None:
    (path,) = prepare([replace(MAILS[0], author=author)], tree, tmp_path, silent)
    assert path.read_text().startswith(f"From: {written}\n")


def test_nothing_is_written_if_one_is_broken(tree: Tree, tmp_path: Path) -> None:
    broken = PatchMail("bad", DAMAGED.replace("a = 1", "a = 2"))
    with pytest.raises(PatchBroken, match=r"patch 2 of 2, bad: kernel/f\.c, hunk 1"):
        prepare([MAILS[1], broken], tree, tmp_path, silent)
    assert not (tmp_path / "patches").exists()


def test_nothing_is_read_outside_the_tree(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/f.c").write_text(FILE)
    (tree.path / "away").symlink_to(tmp_path / "secret")
    with pytest.raises(PatchBroken, match="away is a symbolic link"):
        prepare([PatchMail("x", DAMAGED.replace("kernel/", "away/"))], tree, tmp_path, silent)


def test_a_moved_file_is_found(tree: Tree, tmp_path: Path) -> None:
    with pytest.raises(PatchBroken) as error:
        prepare([PatchMail("x", DAMAGED.replace("kernel/", "lib/"))], tree, tmp_path, silent)
    assert "kernel/f.c" in error.value.hint

# SPDX-License-Identifier: GPL-2.0-only
"""Two commits as one patch, and whether a module built for base fits a patched kernel."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees

from orchestrator.edge.commits import between
from orchestrator.edge.kmod import fits
from orchestrator.edge.patch_files import TreeFiles
from orchestrator.judge.compare.claim import claimed
from orchestrator.model.errors import UsageError
from orchestrator.model.job import BuiltKernel
from orchestrator.patch.apply import apply_series

FILE = "kernel/kthread.c"


def commit(tree: Path, text: str, message: str, file: str = FILE) -> None:
    (tree / file).parent.mkdir(parents=True, exist_ok=True)
    (tree / file).write_text(text)
    trees.git(tree, "add", "--force", ".")
    trees.git(tree, "commit", "--quiet", f"--message={message}")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """v7.3.4, two commits after it, and a side branch."""
    made = trees.repository(tmp_path / "tree")
    trees.git(made, "checkout", "--quiet", "-b", "topic")
    commit(made, trees.KTHREAD.replace("line 3\n", "three\n"), "one\n\nNo functional change.")
    commit(made, trees.KTHREAD.replace("line 3\n", "drei\n"), "two: why")
    return made


def test_all_that_differs_as_one_patch(tree: Path) -> None:
    before = trees.state(tree)
    mail = between(tree, "v7.3.4", "topic")
    assert mail.name == "v7.3.4..topic"
    assert mail.diff.count("\n@@ ") == 1
    assert "\n-line 3\n+drei\n" in mail.diff and "three" not in mail.diff
    assert claimed([mail.body]) == "No functional change"
    assert "two: why" in mail.body
    assert trees.state(tree) == before


def test_it_applies(tree: Path) -> None:
    mail = between(tree, "v7.3.4", "topic")
    trees.git(tree, "checkout", "--quiet", "v7.3.4")
    files = TreeFiles(tree)
    (patch,) = apply_series([mail], files.read, files.similar, files.is_link).patches
    assert set(patch.touched) == {FILE}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.external", "false"),
        ("color.diff", "always"),
        ("diff.context", "0"),
        ("diff.srcPrefix", "x/"),
        ("diff.renames", "copies"),
        ("diff.orderFile", "no-such-file"),
    ],
)
def test_whatever_the_users_settings_are(tree: Path, name: str, value: str) -> None:
    plain = between(tree, "v7.3.4", "topic")
    trees.git(tree, "config", name, value)
    assert between(tree, "v7.3.4", "topic") == plain


def test_bytes_that_are_no_text_come_through(tree: Path) -> None:
    (tree / "kernel/latin.c").write_bytes(b"/* caf\xe9 */\n")
    trees.git(tree, "add", "--force", ".")
    trees.git(tree, "commit", "--quiet", "--message=latin")
    diff = between(tree, "v7.3.4", "topic").diff
    assert b"+/* caf\xe9 */\n" in diff.encode(errors="surrogateescape")


@pytest.mark.parametrize(
    ("base", "head"),
    [
        ("no-such", "topic"),
        ("v7.3.4", "no-such"),
        ("--output=stolen", "topic"),
        ("v7.3.4", "--output=stolen"),
        ("v7.3.4..topic", "topic"),
        ("v7.3.4", "topic:Makefile"),  # a file of a commit
        ("v7.3.4^{tree}", "topic"),
        ("", "topic"),
    ],
)
def test_what_is_no_commit(tree: Path, base: str, head: str) -> None:
    with pytest.raises(UsageError, match="has no commit"):
        between(tree, base, head)
    assert not list(tree.parent.rglob("stolen"))


def test_the_same_commit_twice(tree: Path) -> None:
    with pytest.raises(UsageError, match="they are the same"):
        between(tree, "topic", "HEAD")


def test_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        between(tmp_path, "a", "b")


class TestFits:
    """Byte for byte the same module, or it must be built again."""

    @staticmethod
    def kernel(
        folder: Path, symbols: str = "0 kthread_stop vmlinux\n", config: str = "y"
    ) -> BuiltKernel:
        folder.mkdir(parents=True)
        (folder / "Module.symvers").write_text(symbols)
        (folder / ".config").write_text(config)
        none = folder / "none"
        return BuiltKernel("k", "7.3.4", folder, folder, none, folder / ".config", none, True)

    def fits(self, tmp_path: Path, *patches: str, symbols: str | None = None) -> bool:
        base = self.kernel(tmp_path / "base")
        head = self.kernel(tmp_path / "head", *([symbols] if symbols is not None else []))
        files = []
        for number, text in enumerate(patches):
            files.append(tmp_path / f"{number}.patch")
            files[-1].write_text(text)
        return fits(base, head, files)

    @staticmethod
    def patch(*names: str) -> str:
        return "".join(
            f"diff --git a/{n} b/{n}\n--- a/{n}\n+++ b/{n}\n@@ -1 +1 @@\n-a\n+b\n" for n in names
        )

    @pytest.mark.parametrize("names", [(FILE,), (FILE, "mm/slub.c"), ("lib/scripts/x.c",)])
    def test_only_c_files(self, tmp_path: Path, names: tuple[str, ...]) -> None:
        assert self.fits(tmp_path, self.patch(*names))

    @pytest.mark.parametrize(
        "name",
        [
            "include/linux/kthread.h",
            "include/linux/odd.c",
            "kernel/internal.h",
            "Makefile",
            "init/Kconfig",
            "scripts/mod/modpost.c",  # what modules are built with
            "tools/objtool/check.c",
            "kernel/bounds.c",  # what include/generated is made from
            "arch/x86/kernel/asm-offsets.c",
            "kernel/sched/rq-offsets.c",
        ],
    )
    def test_what_a_module_may_see(self, tmp_path: Path, name: str) -> None:
        assert not self.fits(tmp_path, self.patch(FILE, name))
        assert not self.fits(tmp_path / "two", self.patch(FILE), self.patch(name))

    def test_a_header_that_is_made_removed_or_renamed(self, tmp_path: Path) -> None:
        header = "include/linux/x.h"
        new = f"--- /dev/null\n+++ b/{header}\n@@ -0,0 +1 @@\n+a\n"
        gone = f"--- a/{header}\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        moved = f"diff --git a/{header} b/y.h\nrename from {header}\nrename to y.h\n"
        for number, text in enumerate((new, gone, moved)):
            assert not self.fits(tmp_path / str(number), self.patch(FILE) + text)

    def test_other_exports(self, tmp_path: Path) -> None:
        assert not self.fits(tmp_path, self.patch(FILE), symbols="")

    def test_another_release_or_configuration(self, tmp_path: Path) -> None:
        one = self.kernel(tmp_path / "one")
        other = self.kernel(tmp_path / "other", config="n")
        patch = tmp_path / "p"
        patch.write_text(self.patch(FILE))
        assert fits(one, one, [patch])
        assert not fits(one, other, [patch])

    def test_no_patch_says_nothing(self, tmp_path: Path) -> None:
        assert not self.fits(tmp_path)
        assert not self.fits(tmp_path / "empty", "")

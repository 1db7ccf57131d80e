# SPDX-License-Identifier: GPL-2.0-only
"""A tree's checkpatch, in the sandbox: a script of the test's own, and the kernel's where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import trees

from orchestrator.config.patch_spec import CommitRange
from orchestrator.edge.checkpatch import GitDir, git_dir, run_checkpatch
from orchestrator.edge.commits import format_patches
from orchestrator.edge.store import cache_root
from orchestrator.judge.presubmit import of_checkpatch
from orchestrator.model.presubmit import Mark
from orchestrator.model.progress import silent
from orchestrator.model.verdict import Verdict
from orchestrator.parse.checkpatch import checkpatch

FILE = "kernel/kthread.c"
SIGNED = "\n\nSay why.\n\nSigned-off-by: T <t@example.org>"
# Prints what it was asked, and what git says of the commit that the mail names.
SCRIPT = r"""
my $file = $ARGV[-1];
open(my $mail, '<', $file) or die;
my $text = join('', <$mail>);
print "asked: @ARGV\n";
print "x.c:3: ERROR:BAD: bad line\n" if $text =~ /^\+bad/m;
if ($text =~ /Fixes: (\w+)/) {
	my $said = `git log -1 --format=%s $1 2>&1`;
	print "x.c:1: WARNING:FIXES: $said" if $said !~ /all/;
}
my $wrote = open(my $out, '>', 'written') ? 1 : 0;
print "x.c:9: ERROR:WROTE: it could write to the tree\n" if $wrote;
exit($text =~ /^\+bad/m || $wrote);
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return trees.repository(tmp_path / "git")


def mail(repository: Path, text: str, message: str, folder: Path) -> Path:
    (repository / FILE).write_text(text)
    trees.git(repository, "commit", "--quiet", "--all", f"--message={message}")
    patch = folder / "mail.patch"
    patch.write_bytes(format_patches(CommitRange("", "HEAD"), repository, silent))
    return patch


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = trees.kernel_tree(tmp_path / "tree")
    (made / "scripts/checkpatch.pl").write_text(SCRIPT)
    return made


def test_it_runs_on_the_mail_and_cannot_write(repository: Path, tree: Path, tmp_path: Path) -> None:
    patch = mail(repository, "good\n", "kthread: x" + SIGNED, tmp_path)
    told = run_checkpatch(tree, patch, git_dir(repository), mail=True)
    assert told is not None
    assert told[0] == 0 and "--strict" in told[1] and "--no-signoff" not in told[1]
    assert not checkpatch(told[1].splitlines()) and not (tree / "written").exists()
    patch = mail(repository, "bad\n", "kthread: y" + SIGNED, tmp_path)
    told = run_checkpatch(tree, patch, git_dir(repository), mail=False)
    assert told is not None and told[0] == 1 and "--no-signoff" in told[1]
    (remark,) = checkpatch(told[1].splitlines())
    assert (remark.kind, remark.line) == ("BAD", 3)


def test_commits_that_the_message_names_are_looked_up(
    repository: Path, tree: Path, tmp_path: Path
) -> None:
    """Also where objects are in another repository."""
    known = trees.git(repository, "rev-parse", "--short=12", "HEAD")
    trees.git(tmp_path, "clone", "--quiet", "--shared", str(repository), "shared")
    for where in (repository, tmp_path / "shared"):
        patch = mail(where, "one\n", f"kthread: x\n\nFixes: {known}", tmp_path)
        told = run_checkpatch(tree, patch, git_dir(where), mail=True)
        assert told == (0, told[1] if told else "") and "FIXES" not in told[1]
        patch = mail(where, "two\n", "kthread: x\n\nFixes: 0123456789ab", tmp_path)
        told = run_checkpatch(tree, patch, git_dir(where), mail=True)
        assert told and "WARNING:FIXES" in told[1]


def test_a_tree_without_the_script(tree: Path, tmp_path: Path) -> None:
    (tree / "scripts/checkpatch.pl").unlink()
    assert run_checkpatch(tree, tmp_path / "x", GitDir(), mail=True) is None


def kernels_own() -> Path | None:
    """A whole kernel tree in the user's cache, if there is one."""
    found = sorted((cache_root() / "trees").glob("*/scripts/checkpatch.pl"))
    return found[0].parents[1] if found and shutil.which("perl") else None


@pytest.mark.parametrize(
    ("text", "message", "verdict", "kinds"),
    [
        ("int a;\n", "kthread: add a" + SIGNED, Verdict.PASS, set()),
        ("int a;\n", "kthread: add a\n\nSay why.", Verdict.FAIL, {"MISSING_SIGN_OFF"}),
        ("int a = 0 ;\n", "kthread: x" + SIGNED, Verdict.FAIL, {"GLOBAL_INITIALISERS", "SPACING"}),
        ("int a;\nint b; \n", "kthread: x" + SIGNED, Verdict.FAIL, {"TRAILING_WHITESPACE"}),
    ],
)
def test_the_kernels_own(
    repository: Path, tmp_path: Path, text: str, message: str, verdict: Verdict, kinds: set[str]
) -> None:
    own = kernels_own()
    if own is None:
        pytest.skip("no kernel tree in the cache")
    before = (repository / FILE).read_text()
    patch = mail(repository, before + text, message, tmp_path)
    told = run_checkpatch(own, patch, git_dir(repository), mail=True)
    assert told is not None
    remarks = checkpatch(told[1].splitlines())
    mark: Mark = of_checkpatch(remarks, *told, strict=False, patch=patch.name)
    assert mark.verdict is verdict, told[1]
    assert kinds <= {remark.kind for remark in remarks}

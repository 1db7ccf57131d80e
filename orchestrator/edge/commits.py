# SPDX-License-Identifier: GPL-2.0-only
"""Commits of the user's tree as mails. The repository is only read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from orchestrator.config.patch_spec import CommitRange
from orchestrator.edge.git import git
from orchestrator.mail.compressed import LIMIT_MIB, too_large
from orchestrator.model.errors import UsageError
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress

MOST_COMMITS = 1000
# Whatever the user's configuration makes of format-patch(1), here it is the plain form.
_PLAIN = (
    "--no-cover-letter",
    "--no-attach",
    "--no-thread",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-signature",
    "--no-relative",
    "--no-base",
    "--no-notes",
    "--no-signoff",
    "--submodule=short",
    "-O/dev/null",
    "--subject-prefix=PATCH",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--full-index",
    "--binary",
    "--find-renames",
    "--unified=3",
    "--inter-hunk-context=0",
    "--encode-email-headers",
    "--numbered",
    "--suffix=.patch",
    "--quiet",
)
# The same for git-diff(1).
_PLAIN_DIFF = (
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-relative",
    "--no-renames",
    "--submodule=short",
    "-O/dev/null",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--full-index",
    "--binary",
    "--unified=3",
    "--inter-hunk-context=0",
)


def format_patches(spec: CommitRange, tree_dir: Path, progress: Progress) -> bytes:
    """The range's commits as an mbox, oldest first; merges are left out and noted.

    Raises UsageError if tree_dir is no git checkout or the range is not one of it.
    """
    inside = git(tree_dir, "rev-parse", "--git-dir")
    if inside.returncode != 0:
        raise UsageError(
            f"--patch {spec.text}: {tree_dir} is no git checkout", "give the patches as files"
        )
    for revision in filter(None, (spec.first, spec.last)):
        _must_exist(revision, spec, tree_dir)
    _count(spec, tree_dir, progress)
    # Into files, since the output of a process is text here, and patches are bytes.
    with tempfile.TemporaryDirectory(prefix="orchestrate-") as folder:
        which = (f"{spec.first}..{spec.last}",) if spec.first else ("-1", spec.last)
        done = git(tree_dir, "format-patch", *_PLAIN, "-o", folder, *which, "--")
        if done.returncode != 0:
            raise UsageError(f"--patch {spec.text}: {done.output.strip().splitlines()[-1]}")
        files = sorted(Path(folder).iterdir())
        if sum(file.stat().st_size for file in files) > LIMIT_MIB << 20:
            raise too_large(f"--patch {spec.text}")
        return b"".join(file.read_bytes().rstrip(b"\n") + b"\n\n" for file in files)


def between(repository: Path, base: str, head: str) -> PatchMail:
    """All that differs between two commits as one patch; body: the messages on the way.

    Raises UsageError if it is no git checkout or a commit is not one of it.
    """
    for revision in (base, head):
        commit = f"{revision}^{{commit}}"
        found = git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", commit)
        if found.returncode != 0:
            raise UsageError(
                f"{repository} has no commit {revision}", "name the repository with --tree DIR"
            )
    diff = diff_of(repository, base, head)
    if not diff:
        raise UsageError(f"no difference between {base} and {head}: they are the same")
    messages = git(repository, "log", "--format=%B", "-n", "200", f"{base}..{head}", "--")
    return PatchMail(name=f"{base}..{head}", diff=diff, body=messages.output)


def message_of(repository: Path, commit: str) -> str:
    """Of a commit, by its id; "" if there is none."""
    done = git(repository, "log", "--no-show-signature", "--format=%B", "-1", commit, "--")
    return done.output if done.returncode == 0 else ""


def diff_of(repository: Path, *trees: str) -> str:
    """The diff between two commits or trees of it, or between one and the files there now; "" if
    there is none. Raises UsageError."""
    between_them = " and ".join(trees)
    with tempfile.TemporaryDirectory(prefix="orchestrate-") as folder:
        file = Path(folder) / "diff"
        done = git(repository, "diff", *_PLAIN_DIFF, f"--output={file}", *trees, "--")
        if done.returncode != 0:
            last = done.output.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
            raise UsageError(f"no difference between {between_them}: {last[0]}")
        if file.stat().st_size > LIMIT_MIB << 20:
            raise too_large(between_them)
        return file.read_bytes().decode(errors="surrogateescape")


def _must_exist(revision: str, spec: CommitRange, tree_dir: Path) -> None:
    found = git(tree_dir, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode != 0:
        raise UsageError(
            f"--patch {spec.text}: no commit {revision!r} in {tree_dir}",
            "is it fetched? `git log` in the tree shows what there is",
        )


def _count(spec: CommitRange, tree_dir: Path, progress: Progress) -> None:
    """Refuse what gives no patch or too many; say that merges give none."""
    which = (f"{spec.first}..{spec.last}",) if spec.first else ("--max-count=1", spec.last)
    commits, merges = (
        int(git(tree_dir, "rev-list", "--count", kind, *which, "--").output.strip() or 0)
        for kind in ("--no-merges", "--merges")
    )
    if not spec.first and _is_merge(spec.last, tree_dir):
        raise UsageError(
            f"--patch {spec.text}: {spec.last} is a merge, which is no patch",
            f"for all it brought: git:{spec.last}^1..{spec.last}",
        )
    if commits == 0:
        raise UsageError(f"--patch {spec.text}: no commit in that range", "is it the right way?")
    if commits > MOST_COMMITS:
        raise UsageError(
            f"--patch {spec.text}: {commits} commits, at most {MOST_COMMITS} are taken",
            f"check out {spec.last} and give it as --tree",
        )
    if merges:
        progress(Note(f"{spec.text}: {merges} merges in the range give no patch"))


def _is_merge(revision: str, tree_dir: Path) -> bool:
    second = git(tree_dir, "rev-parse", "--verify", "--quiet", f"{revision}^2^{{commit}}")
    return second.returncode == 0

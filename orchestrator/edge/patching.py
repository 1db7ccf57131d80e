# SPDX-License-Identifier: GPL-2.0-only
"""Patches on a tree, applied strictly: no fuzz, nothing outside the tree, all of a file or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.edge.fingerprint import digest
from orchestrator.edge.git import git
from orchestrator.edge.process import Completed
from orchestrator.model.errors import PatchBroken, UsageError

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_SUBJECT = re.compile(r"^Subject:[ \t]*((?:.*)(?:\n[ \t]+.*)*)", re.MULTILINE)
_TAGS = re.compile(r"^(\[[^\]]*\]\s*)+")


def apply_patches(tree: Path, patches: Sequence[Path], log: Path, only: str = "") -> None:
    """Apply the patches in order to a derived (hard-linked) tree; what git says goes to log.

    only: a folder of the tree, if the tree has no more than that: what else they change is left.

    `git apply` replaces a file and never writes through a hard link. Offsets are allowed,
    fuzz is not. Raises UsageError if a patch can't be read, PatchBroken if one does not apply;
    the tree then has the patches before it.
    """
    for number, patch in enumerate(patches, start=1):
        text = _read(patch).decode(errors="replace")
        done = _git_apply(tree, patch.resolve(), log, only)
        if done.returncode != 0:
            which = f"patch {number} of {len(patches)}, " if len(patches) > 1 else ""
            raise PatchBroken(f"{which}{patch.name}: {_first_error(done.output)}", _hint(text), log)


def patch_digest(patches: Sequence[Path]) -> str:
    """A key for these patches in this order; UsageError if one can't be read."""
    return digest(*(_read(patch) for patch in patches))


def patch_title(patch: Path) -> str:
    """For reports: a mail's subject without its [PATCH ...] tags, else the file's name."""
    head = _read(patch)[:65536].decode(errors="replace").partition("\ndiff ")[0]
    subject = _SUBJECT.search(head)
    title = " ".join(subject[1].split()) if subject else ""
    return _TAGS.sub("", title) or patch.name


def looks_damaged(text: str) -> bool:
    """Did white space get lost? Then some line of a hunk begins with none of " ", -, +, \\.

    A hunk header counts its lines, so what follows a hunk is not mistaken for a part of it.
    """
    old = new = 0
    for line in text.splitlines():
        header = _HUNK.match(line)
        if header:
            old, new = (int(count) if count else 1 for count in header.groups())
        elif old > 0 or new > 0:
            if line[:1] not in (" ", "-", "+", "\\"):
                return True
            old -= line[0] in " -"
            new -= line[0] in " +"
    return False


def _read(patch: Path) -> bytes:
    try:
        return patch.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the patch {patch}: {error.strerror}") from error


def _git_apply(tree: Path, patch: Path, log: Path, only: str) -> Completed:
    """`git apply`, deaf to any repository around the tree and to the user's settings."""
    alone = {
        # Inside a repository, `git apply` silently skips files outside the current folder.
        "GIT_CEILING_DIRECTORIES": str(tree.resolve().parent),
        "GIT_CONFIG_GLOBAL": "/dev/null",  # apply.whitespace, apply.ignoreWhitespace
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    part = (f"--include={only}/*",) if only else ()
    return git(tree, "apply", "-p1", "--whitespace=nowarn", *part, str(patch), env=alone, log=log)


def _first_error(output: str) -> str:
    errors = [line for line in output.splitlines() if line.startswith(("error: ", "fatal: "))]
    # Of "patch failed: FILE:LINE" and "FILE: patch does not apply", the first says where.
    first = errors[0].partition(": ")[2] if errors else output.strip() or "git apply failed"
    return first.removesuffix(' (allow with "--allow-empty")')


def _hint(text: str) -> str:
    if not _HUNK.search(text):
        return "it holds no diff; is it the right file?"
    if looks_damaged(text):
        return "its lines lost their leading white space: take the mail's raw text"
    if "\r\n" in text:
        return "its lines end with CR LF: save it with LF"
    return "is it made for this tree? see --source and --tree"

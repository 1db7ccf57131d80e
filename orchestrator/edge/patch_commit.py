# SPDX-License-Identifier: GPL-2.0-only
"""Which commit a patch in a mail is. The repository is only read."""

from __future__ import annotations

import email
import email.policy
import re
from pathlib import Path

from orchestrator.edge.git import ENV, GIT, git
from orchestrator.edge.process import run
from orchestrator.plan.pushed import is_name

MOST = 200  # commits from HEAD: longer series are not sent
# As mails are made: bytes go from one git to the other, unread by us. Where history begins, or was
# cut off by a shallow clone, a commit's patch would be all of the tree.
_LOG = (
    "log", "--patch", "--binary", "--find-renames", "--min-parents=1", "--max-parents=1",
    "--no-color", "--no-ext-diff", "--no-show-signature", "--src-prefix=a/", "--dst-prefix=b/",
    f"--max-count={MOST}", "--format=commit %H", "HEAD", "--",
)  # fmt: skip
_PIPE = 'git "$@" | git patch-id --stable'
_PREFIX = re.compile(r"(?:\s*\[[^\]]*\])+\s*")


def commit_of(top: Path, mail: bytes) -> str:
    """The commit in HEAD's history that changes the same, git-patch-id(1); of several the one with
    the mail's subject, of those the newest. "" if there is none."""
    wanted = {change for change, _ in _changes(top, ["git", "patch-id", "--stable"], mail)}
    there = _changes(top, ["sh", "-c", _PIPE, "sh", *_LOG], b"")
    same = [commit for change, commit in there if change in wanted]
    if len(same) < 2:
        return "".join(same)
    subject = _subject(mail)
    titled = [commit for commit in same if _title(top, commit) == subject]
    return (titled or same)[0]


def _changes(top: Path, argv: list[str], stdin: bytes) -> list[tuple[str, str]]:
    """(patch id, commit) of what the command prints."""
    done = run([*GIT[:-1], *argv], cwd=top, env=ENV, stdin=stdin)
    rows = [line.split(" ") for line in done.output.split("\n")]
    return [(row[0], row[1]) for row in rows if len(row) == 2 and is_name(row[0])]


def _subject(mail: bytes) -> str:
    """Without "[PATCH 1/3]" and the like."""
    found = email.message_from_bytes(mail, policy=email.policy.default)["subject"]
    return " ".join(_PREFIX.sub("", str(found or ""), count=1).split())


def _title(top: Path, commit: str) -> str:
    return " ".join(git(top, "log", "-1", "--format=%s", commit, "--").output.split())

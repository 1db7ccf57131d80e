# SPDX-License-Identifier: GPL-2.0-only
"""Where the history of a user's tree has a blob. The repository is only read."""

from __future__ import annotations

import re
import time
from pathlib import Path

from msgspec import Struct

from orchestrator.edge.git import git
from orchestrator.model.errors import InfrastructureError

SEARCH_S = 10.0  # a path nobody touched for long takes git longer in a whole kernel history
_MOST_BLOBS = 3  # with the same abbreviation
_COMMIT = re.compile(r"^([0-9a-f]{40,64})((?: [0-9a-f]{40,64})*)$", re.MULTILINE)
_ID = re.compile(r"^[0-9a-f]{40,64}$", re.MULTILINE)
_SHORT = 12


class BlobHistory(Struct, frozen=True):
    """What a repository knows of a blob at a path.

    there: it holds the object. at_head: the commit checked out has it there. commit: the last
    one that has it there, or, if that is no longer looked for (replaced is False: some branch
    still has it), the one that brought it; 12 digits, "" if none was found. tag: one that has it
    there, "" if none is near; exact: it names that commit. whole: searched to the end.
    """

    there: bool = False
    at_head: bool = False
    commit: str = ""
    replaced: bool = False
    tag: str = ""
    exact: bool = False
    whole: bool = True

    def words(self, path: str) -> str:
        """A clause for the user, its subject being the blob; "" if it was looked for in vain."""
        unsure = "this tree's history was not searched to the end"
        if self.at_head:
            return "is what HEAD has: changes that are not committed are in the way"
        if self.commit:
            return f"is in this tree's history: {self._where()}"
        if self.there:
            more = f"no commit was found that has it at {path}" if self.whole else unsure
            return f"is in this tree's repository, but {more}"
        return "" if self.whole else f"was not found yet: {unsure}"

    def _where(self) -> str:
        here = f"{self.tag} ({self.commit})" if self.exact else self.commit
        too = f"; {self.tag} has it, too" if self.tag and not self.exact else ""
        return f"last in {here}{too}" if self.replaced else f"from {here} on{too}"


def blob_history(
    tree_dir: Path, path: str, abbreviated: str, timeout_s: float = SEARCH_S
) -> BlobHistory | None:
    """What tree_dir's history says of the blob at path; None if it is not the top of a checkout.

    abbreviated: 4 or more hexadecimal digits. What timeout_s left open is not an error.
    """
    search = _Search(tree_dir, path, time.monotonic() + timeout_s)
    try:
        if search.ask("rev-parse", "--show-toplevel") != str(tree_dir.resolve()):
            return None
        return search.find(abbreviated)
    except InfrastructureError:  # time is up, or there is no git
        return BlobHistory(whole=False)


class _Search(Struct, frozen=True):
    tree_dir: Path
    path: str
    end_s: float  # of time.monotonic()

    def ask(self, *args: str) -> str:
        """What git prints, "" if it fails."""
        left_s = self.end_s - time.monotonic()
        if left_s <= 0:
            raise InfrastructureError("no time is left")
        settings = (
            # As edge/tree_listing.py: the user named this tree, and nothing in it is run.
            f"safe.directory={self.tree_dir.resolve()}",
            "core.fsmonitor=false",
            # What a user may have set that would change the meaning of log(1) below.
            "log.follow=false",
            "log.showRoot=true",
            "log.showSignature=false",
        )
        flags = (part for setting in settings for part in ("-c", setting))
        literal = {"GIT_LITERAL_PATHSPECS": "1"}
        done = git(self.tree_dir, *flags, *args, env=literal, timeout_s=left_s)
        return done.output.strip() if done.returncode == 0 else ""

    def find(self, abbreviated: str) -> BlobHistory:
        # Not `rev-parse --verify`: a branch may have such a name.
        named = _ID.findall(self.ask("rev-parse", f"--disambiguate={abbreviated}"))
        found = BlobHistory()
        for blob in named[:_MOST_BLOBS]:
            if self.ask("cat-file", "-t", blob) == "blob":
                found = self._of(blob)
            if found.at_head or found.commit:
                break
        return found

    def _of(self, blob: str) -> BlobHistory:
        try:
            if self._at("HEAD") == blob:
                return BlobHistory(there=True, at_head=True)
            log = ("log", "--all", "--max-count=1", "--no-color", "--format=%H %P")
            touched = self.ask(*log, f"--find-object={blob}", "--", self.path)
        except InfrastructureError:
            return BlobHistory(there=True, whole=False)
        last = _COMMIT.search(touched.replace(" \n", "\n"))
        if not last:
            return BlobHistory(there=True)
        return self._commit(blob, last[1], last[2].split())

    def _commit(self, blob: str, changed: str, parents: list[str]) -> BlobHistory:
        """changed: the last commit that brought the blob or took it away."""
        try:
            replaced = self._at(changed) != blob
            having = (parent for parent in parents if self._at(parent) == blob)
            commit = next(having, changed) if replaced else changed
        except InfrastructureError:
            return BlobHistory(there=True, whole=False)
        tag, exact = self._tag(blob, commit, replaced)
        return BlobHistory(True, False, commit[:_SHORT], replaced, tag, exact)

    def _tag(self, blob: str, commit: str, replaced: bool) -> tuple[str, bool]:
        """The tag before the commit or, if the blob stayed, behind it that has the blob."""
        ways = [("--abbrev=0",)] if replaced else [("--abbrev=0",), ("--contains",)]
        try:
            for way in ways:
                tag = re.split(r"[~^]", self.ask("describe", "--tags", *way, commit))[0]
                if tag and self._at(tag) == blob:
                    return tag, self.ask("rev-parse", "--verify", f"{tag}^0") == commit
        except InfrastructureError:
            pass  # what matters is known
        return "", False

    def _at(self, commit: str) -> str:
        return self.ask("rev-parse", "--verify", "--quiet", f"{commit}:{self.path}")

# SPDX-License-Identifier: GPL-2.0-only
"""Ids for KCIDB: "origin:sort-digest", where the digest is over all that makes the thing itself."""

from __future__ import annotations

import hashlib
import json

from msgspec import Struct

from orchestrator.model.night import Attempt


class Ids(Struct, frozen=True):
    """Of one origin. Two things have one id only if they are the same thing."""

    origin: str

    def checkout(self, attempt: Attempt) -> str:
        """Tree and patches by name, and by what was in them."""
        cell = attempt.cell
        return self._id("checkout", cell.tree, cell.patch, attempt.tree_key)

    def build(self, attempt: Attempt) -> str:
        """The same, configured."""
        cell = attempt.cell
        return self._id("build", cell.tree, cell.patch, attempt.tree_key, cell.config)

    def run(self, attempt: Attempt) -> str:
        """The attempt as a whole: of its own id, which is a UUID."""
        return self._id("run", attempt.id)

    def test(self, attempt: Attempt, test: str) -> str:
        """One result in it."""
        return self._id("test", attempt.id, test)

    def signature(self, signature: str) -> str:
        """A crash."""
        return self._id("crash", signature)

    def failure(self, test: str) -> str:
        """A test that fails."""
        return self._id("failure", test)

    def incident(self, issue: str, result: str) -> str:
        """That the issue was there, or not, in one result."""
        return self._id("incident", issue, result)

    def _id(self, kind: str, *parts: str) -> str:
        # As JSON, so that no part can pass for two of them.
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return f"{self.origin}:{kind}-{digest[:32]}"

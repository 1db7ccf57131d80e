# SPDX-License-Identifier: GPL-2.0-only
"""git's names for contents, computed without git (git-hash-object(1))."""

from __future__ import annotations

import hashlib


def blob(content: str) -> str:
    """The SHA-1 object name of a file with this content."""
    data = content.encode("utf-8", "surrogateescape")
    # Not for security: it is what git calls the file.
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def is_blob(content: str | None, abbreviated: str) -> bool:
    """Is this the file an index line names? False if the line names none (zeros, "")."""
    if content is None or not abbreviated.strip("0"):
        return False
    return blob(content).startswith(abbreviated)

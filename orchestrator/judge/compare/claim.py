# SPDX-License-Identifier: GPL-2.0-only
"""What a patch says of itself that can be settled."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CLAIM = re.compile(
    r"\bno\s+(?:intended\s+|intentional\s+)?"
    r"(?:(?:functional(?:ity)?|behaviou?r(?:al)?)\s+changes?|"
    r"changes?\s+(?:in|of|to)\s+(?:functionality|behaviou?r))\b"
    r"(?:\s+(?:is\s+|are\s+)?(?:intended|expected|here))?",
    re.IGNORECASE,
)


def claimed(texts: Iterable[str]) -> str:
    """The first "No functional change" or its like, as written; "" if nothing says so."""
    for text in texts:
        match = _CLAIM.search(text)
        if match:
            return " ".join(match[0].split())
    return ""

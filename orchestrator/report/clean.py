# SPDX-License-Identifier: GPL-2.0-only
"""Text from a guest is not to be trusted with a terminal or an XML file."""

from __future__ import annotations

import re

# C0 controls but tab, DEL, C1 controls (which hold CSI), line separators, marks that turn
# the writing direction, lone surrogates, non-characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """The text with every control character shown as \\xNN instead of acted upon."""
    return _UNSAFE.sub(lambda match: f"\\x{ord(match[0]):02x}", text)

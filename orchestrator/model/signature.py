# SPDX-License-Identifier: GPL-2.0-only
"""Short, stable names for "the same crash": what parse/signature.py and the judge make."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LENGTH = 12  # hex digits: by chance, two of a million signatures share one in 1 of 500 cases

LONGEST = 512  # characters of a title; no kernel symbol is longer (KSYM_NAME_LEN)

_SUFFIX = re.compile(
    r"(?<=\w)(?:\.(?:isra|part|constprop|cold|llvm|lto_priv|localalias)(?:\.\d+)?|\.\d+)+(?![\w.])"
)
# In this order: an address would otherwise leave its letters behind.
_VARIES = (
    (re.compile(r"\+0x[0-9a-f]+/0x[0-9a-f]+"), ""),
    (re.compile(r"\b(?:0x[0-9a-f]+|(?=[a-f]*\d)[0-9a-f]{8,16})\b"), "ADDR"),
    (re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])"), "NUM"),
    (re.compile(r"\s+"), " "),
)


def plain_symbol(name: str) -> str:
    """A symbol without what compilers put behind it: clones, parts, cold halves."""
    return _SUFFIX.sub("", name)


def stable_text(text: str) -> str:
    """A line without offsets, addresses, numbers and compiler suffixes."""
    text = plain_symbol(text[:LONGEST])
    for pattern, instead in _VARIES:
        text = pattern.sub(instead, text)
    return text.strip()


def fingerprint(parts: Iterable[str]) -> str:
    """Twelve hex digits that stand for these texts in this order."""
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:LENGTH]

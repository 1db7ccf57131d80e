# SPDX-License-Identifier: GPL-2.0-only
"""Texts without what changes from run to run: addresses, pids, times, numbers."""

from __future__ import annotations

import re

# Where in a function, and how long that is: another compilation gives other ones.
_OFFSET = re.compile(r"\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?")
# Kernel pointers, and hashes of pointers (%p), in hexadecimal.
_ADDRESS = re.compile(r"\b(?:0x)?[0-9a-f]{8,16}\b")
_NUMBER = re.compile(r"\b0x[0-9a-f]+|(?<![A-Za-z_])-?\d+(?:\.\d+)?", re.IGNORECASE)
# Suffixes gcc gives to clones of a function, which differ between builds.
_CLONE = re.compile(r"(?<=\w)(?:\.(?:isra|constprop|part|cold|llvm)(?:\.\d+)*)+(?![\w.])")


def template(text: str) -> str:
    """A message with its numbers replaced: two of the same sort are equal."""
    return _NUMBER.sub("N", pointers(function(" ".join(text.split()))))


def pointers(text: str) -> str:
    """Addresses replaced, offsets into functions left out; other numbers stay."""
    return _ADDRESS.sub("PTR", _OFFSET.sub("", text))


def function(name: str) -> str:
    """A function's name as in the source."""
    return _CLONE.sub("", name)

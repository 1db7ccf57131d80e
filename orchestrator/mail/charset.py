# SPDX-License-Identifier: GPL-2.0-only
"""Bytes of a mail's body → text, without losing a byte of a diff."""

from __future__ import annotations

import codecs
import re

_ASCII = ("ascii", "us-ascii", "ansi_x3.4-1968", "unknown-8bit", "")
_DIFF_LINE = re.compile(rb"^(?:diff --git |--- |\+\+\+ |@@ -)[^\n]*\n", re.MULTILINE)
_SURROGATE = re.compile("[\udc80-\udcff]")


def decode(data: bytes, declared: str) -> tuple[str, tuple[str, ...]]:
    """The text, and what is to be said of its charset.

    What is not in the declared charset is read as UTF-8; bytes that are neither are kept as
    surrogate escapes (PEP 383), so that a diff of a file in another charset still fits it.
    """
    name = declared.strip().lower()
    if name not in _ASCII and codec(name) is not None:
        try:
            text = data.decode(name)
        except (UnicodeError, ValueError):
            pass
        else:
            return text, () if codec(name) == "utf-8" else (name,)
    text = data.decode("utf-8", "surrogateescape")
    wrong = (f"not in {declared}, as its header says",) if name not in (*_ASCII, "utf-8") else ()
    raw = ("some bytes are not UTF-8; kept as they are",) if _SURROGATE.search(text) else ()
    return text, wrong + raw


def codec(name: str) -> str | None:
    """Python's name of a charset of text; None if it has none."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # The "charsets" rot13, zlib or hex of Python turn bytes into something else.
    return found.name if getattr(found, "_is_text_encoding", True) else None


def shown(text: str) -> str:
    """text for people: what was no UTF-8 becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def unix_lines(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    r"""data with "\n" line ends, and a note if they were CR LF.

    If lines that belong to the diff format itself end with LF alone, then a CR elsewhere is
    part of the file that is patched, and stays.
    """
    if b"\r" not in data:
        return data, ()
    frame = _DIFF_LINE.findall(data) or data.splitlines(keepends=True)
    if all(line.endswith(b"\r\n") for line in frame if line.endswith(b"\n")):
        return data.replace(b"\r\n", b"\n"), ("CR LF line ends",)
    return data, ()

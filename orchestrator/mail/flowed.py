# SPDX-License-Identifier: GPL-2.0-only
"""text/plain; format=flowed (RFC 3676), undone."""

from __future__ import annotations

import re

NOTE = "format=flowed"
_UNSTUFFED = re.compile(r"^ [^ >F\n]", re.MULTILINE)


def unflow(text: str, delsp: bool) -> tuple[str, tuple[str, ...]]:
    """Lines as they were before wrapping, without space-stuffing.

    delsp: the space at a wrap was added by the wrapping. Some senders declare the format and
    do not write it: then lines begin with one space, which stuffing would have made two, and
    the text is left alone.
    """
    if _UNSTUFFED.search(text):
        return text, (f"{NOTE} declared, but not written",)
    pieces: list[str] = []
    for raw in text.split("\n"):
        line = raw[1:] if raw.startswith(" ") else raw
        soft = line.endswith(" ") and line != "-- "
        pieces.append(line[:-1] if soft and delsp else line)
        if not soft:
            pieces.append("\n")
    return "".join(pieces).removesuffix("\n"), (NOTE,)

# SPDX-License-Identifier: GPL-2.0-only
"""Where reports may start in a log of any length: a look for a few words in large blocks.

Nearly all of a console log is no report, and to take each line apart would cost a hundred
times what it costs to find the lines that hold one of these words. Memory stays flat: two
blocks at most, and no line is longer than a block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from orchestrator.parse.prefix import split_prefix

BLOCK = 1 << 20  # bytes read at a time
REACH = 64 << 10  # bytes behind a line that are there to be read with it: a long report
LONGEST = 2048  # bytes looked at of a line; printk's own limit is 1024 (PRINTKRB_RECORD_MAX)

# No rule and no banner matches a line without one of these.
# Some stand for others: "[#" for all with a count of Oopses, "BUG" for ODEBUG and DEBUG_LOCKS.
# fmt: off
SIGNALS = (
    b"BUG", b"WARNING", b"INFO: ", b"UBSAN", b"anic", b"PANIC", b"nable to handle", b"[#",
    b"Oops", b"Unhandled", b"Division by", b"refcount_t: ", b"corruption", b"usercopy: ",
    b"unregister_netdevice", b"oom-killer", b"ut of memory", b"unreferenced object",
    b"kmemleak: ", b"stack overflow", b"stack space", b"CFI failure", b"LOCKUP",
    b"suspicious rcu", b"Bad mode", b"SError Interrupt", b"SeaBIOS (", b"Linux version",
    b"general protection", b"reboot: ", b"kexec_core: ", b"-- Boot ", b"-- Reboot --",
    b"Journal stopped",
)
# fmt: on


class Candidate(Struct, frozen=True):
    """A line that may start a report. number: 1-based. text: without its prefix.

    data, start: the bytes it is in, and its place there; REACH bytes follow unless the log ends.
    stamped: there was a prefix.
    """

    number: int
    caller: str
    text: str
    raw: str
    data: bytes
    start: int

    @property
    def stamped(self) -> bool:
        return len(self.text) < len(self.raw)


def candidates(blocks: Iterable[bytes]) -> Iterator[Candidate]:
    """Every line with a signal, in order; and the first of each block, to show how far it is."""
    number = 1
    for data, end in _windows(blocks):
        counted = done = 0
        for at in _hits(data, end):
            if at < done:
                continue
            start = data.rfind(b"\n", 0, at) + 1
            done = _line_end(data, at) + 1
            number += data.count(b"\n", counted, start)
            counted = start
            yield _candidate(number, data, start)
        number += data.count(b"\n", counted, end)


def decoded(data: bytes, start: int) -> str:
    """The line that starts there, as far as it is looked at, without its end."""
    stop = min(_line_end(data, start), start + LONGEST)
    return data[start:stop].decode("utf-8", "replace").rstrip("\r")


def _candidate(number: int, data: bytes, start: int) -> Candidate:
    raw = decoded(data, start)
    caller, text = split_prefix(raw)
    return Candidate(number, caller, text, raw, data, start)


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _windows(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """(bytes, how many of them are new lines to look at); the rest comes again."""
    rest = b""
    for block in blocks:
        data = rest + block
        limit = len(data) - REACH
        if limit <= 0:
            rest = data
            continue
        # A line longer than all that was read is cut.
        end = data.rfind(b"\n", 0, limit) + 1 or limit
        yield data, end
        rest = data[end:]
    yield rest, len(rest)


def _hits(data: bytes, end: int) -> list[int]:
    """The start, and places of signals, of each signal one a line, sorted."""
    hits = [0] if end else []
    for word in SIGNALS:
        at = data.find(word, 0, end)
        while at >= 0:
            hits.append(at)
            following = data.find(b"\n", at, end)
            at = data.find(word, following, end) if following >= 0 else -1
    hits.sort()
    return hits

# SPDX-License-Identifier: GPL-2.0-only
"""Raw /dev/kmsg records (Documentation/ABI/testing/dev-kmsg) to a KernelLog and to text."""

from __future__ import annotations

import re

from orchestrator.model.evidence import KernelLog, LogRecord

# "prio,seq,usec,flags[,more fields];text". The record's priority holds the syslog facility
# in the bits above the level's three.
_RECORD = re.compile(r"(\d{1,9}),(\d{1,20}),(\d{1,20}),([^,;]*)((?:,[^;]*)?);(.*)", re.DOTALL)
_ESCAPED = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")
_LEVEL_MASK = 7


def parse_kmsg(text: str) -> KernelLog:
    """Records in file order. Lines that are no record (a torn first or last one) are dropped.

    lost counts the sequence numbers that never came between the first and the last record;
    it cannot know of records dropped before the first. Continuation lines (" KEY=value")
    are not kept.
    """
    records: list[LogRecord] = []
    lost = 0
    for line in text.split("\n"):
        record = _parse_record(line)
        if record is None:
            continue
        if records:
            lost += max(0, record.sequence - records[-1].sequence - 1)
        records.append(record)
    return KernelLog(tuple(records), lost)


def render(log: KernelLog) -> str:
    """The log as dmesg prints it: "[    1.234567][    T1] text", one line each, "\\n" at the end.

    A message of several lines gets its prefix on each, as printk does on a console.
    """
    lines: list[str] = []
    for record in log.records:
        seconds, micros = divmod(record.time_us, 1_000_000)
        prefix = f"[{seconds:5d}.{micros:06d}]"
        if record.caller:
            prefix += f"[{record.caller:>6}]"
        lines += [f"{prefix} {part}\n" for part in record.text.split("\n")]
    return "".join(lines)


def _parse_record(line: str) -> LogRecord | None:
    match = _RECORD.match(line)
    if match is None:
        return None
    prio, sequence, time_us, _flags, more, text = match.groups()
    caller = next((f[7:] for f in more.split(",") if f.startswith("caller=")), "")
    return LogRecord(
        sequence=int(sequence),
        level=int(prio) & _LEVEL_MASK,
        time_us=int(time_us),
        text=_ESCAPED.sub(_decode, text.rstrip("\r")),
        caller=caller,
    )


def _decode(match: re.Match[str]) -> str:
    return bytes.fromhex(match.group().replace("\\x", "")).decode(errors="replace")

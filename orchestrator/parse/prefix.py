# SPDX-License-Identifier: GPL-2.0-only
"""Kernel log prefixes: what printk, the console, dmesg and syslog put before a message.

Alone or together, in this order (kernel/printk/printk.c, info_print_prefix(); util-linux dmesg;
syslog daemons; journalctl's output modes):

    terminal      escapes of `dmesg --color`
    level         "<6>"
    record        "6,339,5140900,-,caller=T1;" of /dev/kmsg and extended netconsole
    date          of syslog, journalctl, or a program that stamps a serial line, bare or in "[]"
    host          "host kernel:"
    facility      "kern  :info  :" of `dmesg -x`
    time, caller  "[   12.345678][    T1]", either alone, "C0" for a CPU; forms of `dmesg -T -d -e`
"""

from __future__ import annotations

import re

_TIME = r"\[ *\d{1,9}\.\d{6}(?: <[ +\d.]{1,20}>)?\]"
_CALLER = r"\[ *[TC]\d{1,8}\]"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ISO = rf"\d{{4}}[-/]\d\d[-/]\d\d[T ]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?"
_DATE = (
    rf"(?:[A-Z][a-z]{{2}} +\d{{1,2}} (?:\d{{4}} )?{_CLOCK}"
    rf"|(?:[A-Z][a-z]{{2}} )?{_ISO}(?: [A-Z]{{3,4}}(?= \S+ kernel:))?"
    r"|\d{9,10}\.\d{6}(?= \S+ kernel:))"
)
_BOXED = (
    rf"\[(?:[A-Z][a-z]{{2}} +)?(?:[A-Z][a-z]{{2}} +\d{{1,2}} {_CLOCK}(?: \d{{4}})?|{_ISO})\]"
    r"|\[ *\+\d{1,6}\.\d{6}\]|\[[A-Z][a-z]{2} ?\d{1,2} \d\d:\d\d\]|\[<[ \d.]{8,20}>\]"
)
_STAMP = rf"(?:{_TIME}(?: ?{_CALLER})?|{_CALLER})"
_HOST = r"(?:[\w.:-]{1,64} )?kernel:(?: |$)"
_LEVEL = r"(?:<\d{1,3}>)?"
_RFC5424 = rf"<\d{{1,3}}>1 {_ISO} \S{{1,64}} kernel \S{{1,9}} \S{{1,32}} - "
_RECORD = r"\d{1,4},\d{1,20},\d{1,20},[-c+](?:,caller=[TC]\d{1,8})?(?:,[\w=/]{1,40})?;"
_FACILITY = r"[a-z]{1,8} *:[a-z]{1,6} *: "
_ESCAPES = r"(?:\x1b\[[\d;?]{0,16}[A-Za-z])*"

_CALLER_ID = re.compile(r"(?:\[ *|caller=)([TC]\d{1,8})\b")

# One space after the stamp belongs to the prefix; any more is the message's own.
_PREFIX = re.compile(
    rf"[\x00\r]*{_ESCAPES}(?:{_RFC5424}|{_LEVEL})(?:{_RECORD})?"
    rf"(?:(?:{_DATE}|{_BOXED}) (?:{_HOST})?)?"
    rf"(?:{_FACILITY})?{_LEVEL}(?:(?:{_BOXED}|{_STAMP})(?: (?:[\w.-]{{1,64}} kernel: )?)?)?"
    rf"{_ESCAPES}"
)
# What nearly every line has, and nothing more: worth a look of its own.
_USUAL = re.compile(
    r"\[ *\d{1,9}\.\d{6}\](?:\[ *([TC]\d{1,8})\])? (?=[^\[\x1b])(?![\w.-]{1,64} kernel: )"
)
# Another program wrote to the same terminal and left its line open ("login: [  36.85] ...").
_MIDLINE = re.compile(rf"\S.{{0,60}}?{_TIME}(?: ?{_CALLER})? |\S{{1,64}} login: ")


def split_prefix(line: str) -> tuple[str, str]:
    """(caller, message): caller as printed, "T123" or "C0", or "" if the line has none."""
    line = line.rstrip("\r\n")
    usual = _USUAL.match(line)
    if usual is not None:
        return usual[1] or "", line[usual.end() :]
    message = strip_prefix(line)
    found = _CALLER_ID.search(line, 0, len(line) - len(message))
    return (found[1] if found else ""), message


def strip_prefix(line: str) -> str:
    """The message alone: no prefix, no line end; its own indentation is kept."""
    line = line.rstrip("\r\n")
    first = line[:1]
    if not first or first in " \t#":
        return line
    start = _prefix_length(line)
    return line[start:] if start else line


def _prefix_length(line: str) -> int:
    match = _USUAL.match(line) or _PREFIX.match(line)
    if match and match.end():
        return match.end()
    match = _MIDLINE.match(line)
    return match.end() if match else 0

# SPDX-License-Identifier: GPL-2.0-only
"""Scripts of `orchestrate shell --script`: what to type on the guest's console, and what to see.

# comment
prompt               wait for the shell's prompt
send TEXT            type TEXT and press Enter
key NAME             press one key: ctrl-c, enter, tab, esc, or any one character
expect REGEX         wait until REGEX (re, on bytes) appears after what was seen last
pause SECONDS        let the guest go on for a while
timeout SECONDS      how long each wait from here on may take; 30 at first
"""

from __future__ import annotations

import re
import string

from orchestrator.model.errors import UsageError
from orchestrator.model.session import Step, Word

_KEYS = {"enter": b"\r", "tab": b"\t", "esc": b"\x1b", "space": b" ", "backspace": b"\x7f"}
# Behind the prompt, busybox asks the terminal where its cursor is.
PROMPT = rb"[#$] (?:\x1b\[6n)?$"
TIMEOUT_S = 30.0
_LONGEST_S = 86_400.0


def read_dialogue(text: str, file: str) -> tuple[Step, ...]:
    """Raises UsageError with file and line of what it cannot read."""
    steps: list[Step] = []
    timeout_s = TIMEOUT_S
    for number, line in enumerate(text.splitlines(), start=1):
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        try:
            if word == "timeout":
                timeout_s = _seconds(rest)
            elif word == "pause":
                steps.append(Step(number, Word.PAUSE, b"", _seconds(rest)))
            else:
                steps.append(Step(number, *_step(word, rest.strip()), timeout_s))
        except ValueError as error:
            raise UsageError(f"{file}:{number}: {error}", "see orchestrate shell --help") from error
    if not steps:
        raise UsageError(f"{file}: there is nothing to do in it", "see orchestrate shell --help")
    return tuple(steps)


def _step(word: str, rest: str) -> tuple[Word, bytes]:
    if word == "prompt" and not rest:
        return Word.EXPECT, PROMPT
    if word == "send":
        return Word.SEND, rest.encode() + b"\r"
    if word == "key":
        return Word.SEND, _key(rest)
    if word == "expect" and rest:
        try:
            re.compile(rest.encode())
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return Word.EXPECT, rest.encode()
    raise ValueError(f"not understood: {word} {rest}".rstrip())


def _key(name: str) -> bytes:
    if name in _KEYS:
        return _KEYS[name]
    if len(name) == 1:
        return name.encode()
    prefix, _, letter = name.partition("-")
    if prefix == "ctrl" and len(letter) == 1 and letter in string.ascii_lowercase + "[]\\^_":
        return bytes([ord(letter.upper()) & 0x1F])
    raise ValueError(f"no such key: {name}")


def _seconds(text: str) -> float:
    seconds = float(text) if re.fullmatch(r"\d+(\.\d+)?", text.strip()) else 0.0
    if not 0 < seconds <= _LONGEST_S:
        raise ValueError(f"no number of seconds: {text}")
    return seconds

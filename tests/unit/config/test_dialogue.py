# SPDX-License-Identifier: GPL-2.0-only
"""Scripts of a conversation: what is understood, and where a slip is told."""

from __future__ import annotations

import re

import pytest

from orchestrator.config.dialogue import PROMPT, read_dialogue
from orchestrator.model.errors import UsageError
from orchestrator.model.session import Step, Word


def test_all_words() -> None:
    text = "# one\nprompt\n\nsend  echo a  b \ntimeout 5\nexpect ^a .b$\nkey ctrl-c\npause 0.5\n"
    assert read_dialogue(text, "f") == (
        Step(2, Word.EXPECT, PROMPT, 30),
        Step(4, Word.SEND, b"echo a  b\r", 30),
        Step(6, Word.EXPECT, b"^a .b$", 5),
        Step(7, Word.SEND, b"\x03", 5),
        Step(8, Word.PAUSE, b"", 0.5),
    )


@pytest.mark.parametrize(
    ("name", "sent"),
    [("enter", b"\r"), ("esc", b"\x1b"), ("q", b"q"), ("ctrl-d", b"\x04"), ("ctrl-]", b"\x1d")],
)
def test_keys(name: str, sent: bytes) -> None:
    assert read_dialogue(f"key {name}", "f")[0].data == sent


@pytest.mark.parametrize("shown", [b"7.3.4:/root# \x1b[6n", b"$ ", b"a\r\nroot@x:~# "])
def test_prompts(shown: bytes) -> None:
    assert re.search(PROMPT, shown)
    assert not re.search(PROMPT, shown + b"ls")


@pytest.mark.parametrize(
    "line",
    ["type x", "expect", "expect (", "key", "key ctrl-1", "key hyper-x", "timeout 0", "timeout inf",
     "pause -1", "prompt now", "timeout 1e9"],
)  # fmt: skip
def test_a_slip_is_told_with_its_line(line: str) -> None:
    with pytest.raises(UsageError, match=r"^talk:2: "):
        read_dialogue(f"prompt\n{line}\n", "talk")


def test_nothing_to_do() -> None:
    with pytest.raises(UsageError, match="nothing to do"):
        read_dialogue("# later\n", "talk")

# SPDX-License-Identifier: GPL-2.0-only
"""What a guest is booted for where it runs no suites: a shell, or a command of the user's."""

from __future__ import annotations

import enum

from msgspec import Struct

COMMAND_CHECK = "command"  # the check whose findings are about the user's command alone
BUSYBOX = "busybox"  # the root file system every guest has
DEBIAN = "debian"


class Talk(enum.Enum):
    """How one talks with the guest."""

    TERMINAL = "terminal"  # a shell on the serial console; nothing is judged but the kernel
    STREAM = "stream"  # a command whose input, output and errors have ports of their own
    SELFTESTS = "selftests"  # nobody does: kselftest's programs run, and their output is a file


class Session(Struct, frozen=True):
    """argv: a program and its arguments; one word: a line for a shell; (): a shell that reads
    its input. rootfs: what / is to it. ssh: sshd runs meanwhile."""

    talk: Talk
    argv: tuple[str, ...] = ()
    rootfs: str = BUSYBOX
    ssh: bool = False


class Word(enum.Enum):
    """What a step of a scripted conversation does."""

    SEND = "send"
    EXPECT = "expect"
    PAUSE = "pause"


class Step(Struct, frozen=True):
    """line: in the script. data: what is typed, or a regular expression. timeout_s: of a wait, or
    of a pause."""

    line: int
    word: Word
    data: bytes
    timeout_s: float

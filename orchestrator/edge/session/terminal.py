# SPDX-License-Identifier: GPL-2.0-only
"""The user's terminal while it is the guest's: raw, and afterwards as it was, whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import termios
import threading
import tty
from collections.abc import Iterator
from types import FrameType
from typing import Any

DEFAULT_SIZE = (24, 80)  # of what is no terminal
# What a program in the guest may have left on the screen: alternate screen, hidden cursor,
# bracketed paste, application keys, colours (xterm's ctlseqs).
RESET = b"\x1b[?1047l\x1b[?25h\x1b[?2004l\x1b[?1l\x1b>\x1b[0m"

# Reads nothing as long as we live; at the end of its input it was us who died, if no word came.
_GUARD = 'read -r done; [ "$done" ] || stty "$1" <&1'


def size(fd: int) -> tuple[int, int]:
    """(rows, columns)."""
    with contextlib.suppress(OSError):
        found = os.get_terminal_size(fd)
        if found.lines and found.columns:
            return found.lines, found.columns
    return DEFAULT_SIZE


@contextlib.contextmanager
def raw(fd: int) -> Iterator[None]:
    """Each byte as it is typed, Ctrl-C included. Back on leaving, and, by a process that outlives
    us, also if we are killed in a way nobody can handle."""
    before = termios.tcgetattr(fd)
    with _guard(fd):
        tty.setraw(fd, termios.TCSANOW)
        try:
            yield
        finally:
            _set(fd, before)


def _set(fd: int, attributes: list[Any]) -> None:
    with contextlib.suppress(termios.error):  # the terminal may be gone
        termios.tcsetattr(fd, termios.TCSANOW, attributes)


@contextlib.contextmanager
def _guard(fd: int) -> Iterator[None]:
    """Of a session of its own, so that no key and no hang-up of this terminal ends it."""
    saved = subprocess.run(
        ["stty", "-g"], stdin=fd, capture_output=True, text=True, check=False
    ).stdout.strip()
    process = subprocess.Popen(
        ["sh", "-c", _GUARD, "sh", saved],
        stdin=subprocess.PIPE,
        stdout=fd,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            process.communicate(b"restored\n", timeout=1)


@contextlib.contextmanager
def outliving_it() -> Iterator[None]:
    """A terminal that hangs up ends what is typed, and so the session, in the way that cleans up;
    its signal would end us at once. In the main thread."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextlib.contextmanager
def told_of_resizing() -> Iterator[int]:
    """A descriptor that can be read when the terminal's size has changed. In the main thread."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def tell(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(OSError):
            os.write(writer, b"w")

    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGWINCH, tell) if main else None
    try:
        yield reader
    finally:
        if main:
            signal.signal(signal.SIGWINCH, before)
        os.close(writer)
        os.close(reader)

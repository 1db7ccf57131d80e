# SPDX-License-Identifier: GPL-2.0-only
"""Ctrl-C and SIGTERM while an event loop runs: the task ends in good order, then we do.

A handler that raises would raise anywhere in the loop's own code or that of a library in it,
which then tells of it in a traceback. So ours only takes note, from before there is a loop until
there is none; asyncio's own (loop.add_signal_handler()) leave gaps at both ends.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, TypeVar

_T = TypeVar("_T")
_ENDING = (signal.SIGINT, signal.SIGTERM)


class _Heard:
    """seen: signals that came. cancel: what ends the task, while there is one."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.cancel: Callable[[], object] | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        self.seen.append(number)
        if len(self.seen) == 1 and self.cancel:
            self.cancel()


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """asyncio.run(), but a signal that somebody handles cancels main, once; KeyboardInterrupt when
    it has ended. From then on these signals are ignored: whoever is impatient must not stop the
    cleaning up. Outside the main thread, where no signal arrives, it is asyncio.run()."""
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(main)
    before = {each: signal.getsignal(each) for each in _ENDING}
    ours = [each for each, handler in before.items() if callable(handler)]
    heard = _Heard()
    try:
        for each in ours:
            signal.signal(each, heard)
        done = asyncio.run(_guarded(main, heard))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_IGN if heard.seen else before[each])
    if heard.seen:
        raise KeyboardInterrupt
    return done


async def _guarded(main: Coroutine[Any, Any, _T], heard: _Heard) -> _T:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(main)
    heard.cancel = lambda: loop.call_soon_threadsafe(task.cancel)
    if heard.seen:
        task.cancel()
    try:
        return await task
    finally:
        heard.cancel = None

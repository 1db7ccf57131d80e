# SPDX-License-Identifier: GPL-2.0-only
"""Ctrl-C and SIGTERM where they must not raise just anywhere: in an event loop, under a lock.

A handler that raises would raise anywhere in the loop's own code or that of a library in it,
which then tells of it in a traceback; or after a lock was taken and before it is let go, and
threads would wait for it for ever. So ours only takes note, from before there is a loop until
there is none; asyncio's own (loop.add_signal_handler()) leave gaps at both ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from types import FrameType
from typing import Any, TypeVar

_T = TypeVar("_T")
_ENDING = (signal.SIGINT, signal.SIGTERM)


class Heard:
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
    heard = Heard()
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


async def _guarded(main: Coroutine[Any, Any, _T], heard: Heard) -> _T:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(main)
    heard.cancel = lambda: loop.call_soon_threadsafe(task.cancel)
    if heard.seen:
        task.cancel()
    try:
        return await task
    finally:
        heard.cancel = None


@contextlib.contextmanager
def held() -> Iterator[Heard]:
    """Signals that somebody handles wait until this is left, and are handled then, the first one
    alone. What is inside looks at `seen` if it may take long. Outside the main thread, where no
    signal arrives, nothing is held."""
    heard = Heard()
    if threading.current_thread() is not threading.main_thread():
        yield heard
        return
    before = {each: signal.getsignal(each) for each in _ENDING}
    ours = {each: handler for each, handler in before.items() if callable(handler)}
    for each in ours:
        signal.signal(each, heard)
    try:
        yield heard
    finally:
        for each, handler in ours.items():
            signal.signal(each, handler)
        if heard.seen:
            ours[signal.Signals(heard.seen[0])](heard.seen[0], None)

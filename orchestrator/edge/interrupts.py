# SPDX-License-Identifier: GPL-2.0-only
"""Ctrl-C and SIGTERM while an event loop runs: the task ends in good order, then we do.

A handler that raises would raise anywhere in the loop's own code or that of a library in it,
which then tells of it in a traceback.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_ENDING = (signal.SIGINT, signal.SIGTERM)


def run(main: Coroutine[Any, Any, _T]) -> _T:
    """asyncio.run(), but a signal that somebody handles cancels main, once; KeyboardInterrupt when
    it has ended. From then on these signals are ignored: whoever is impatient must not stop the
    cleaning up. Outside the main thread, where no signal arrives, it is asyncio.run()."""
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(main)
    before = {each: signal.getsignal(each) for each in _ENDING}
    ours = [each for each, handler in before.items() if callable(handler)]
    seen: list[signal.Signals] = []
    try:
        return asyncio.run(_guarded(main, ours, seen))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_IGN if seen else before[each])


async def _guarded(
    main: Coroutine[Any, Any, _T], ours: list[signal.Signals], seen: list[signal.Signals]
) -> _T:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(main)

    def end(number: signal.Signals) -> None:
        if not seen:
            task.cancel()
        seen.append(number)

    for each in ours:
        loop.add_signal_handler(each, end, each)
    return await task

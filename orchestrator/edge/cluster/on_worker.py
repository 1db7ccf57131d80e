# SPDX-License-Identifier: GPL-2.0-only
"""What a job on a worker knows of where it runs: is it still wanted, and who listens to it?"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from orchestrator.model.cluster import SLOTS, Passport

_LOOK_S = 0.3
_WANTED = ("executing", "long-running")

# Set when this process shall end: machines end first.
leaving = threading.Event()
_refused: list[str] = []


@contextlib.contextmanager
def wanted() -> Iterator[threading.Event]:
    """An Event that is set when nobody waits for this job any more: it was cancelled, its night
    is gone, the worker leaves. If it was, what the job came to is not told: Dask is asked to
    run it elsewhere, which it does if somebody still wants it."""
    from distributed import Reschedule, get_worker

    worker = get_worker()
    key = worker.get_current_task()
    stop, over = threading.Event(), threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_S):
            if leaving.is_set() or not _is_wanted(worker, key):
                stop.set()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield stop
        if leaving.is_set() or not _is_wanted(worker, key):
            stop.set()
    finally:
        over.set()
        watcher.join()
    if stop.is_set():
        raise Reschedule


def _is_wanted(worker: Any, key: object) -> bool:
    task = worker.state.tasks.get(key)
    return (
        task is not None and task.state in _WANTED and worker.status.name in ("running", "paused")
    )


def tell(topic: str, message: dict[str, Any]) -> None:
    """Something that may interest the night; nothing is waited for."""
    from distributed import get_worker

    with contextlib.suppress(Exception):  # a comm that was just closed
        get_worker().log_event(topic, message)


def show_passport() -> Passport:
    """Called by a night on each worker."""
    from orchestrator.edge.cluster.passport import passport

    return passport()


def refuse(line: str) -> None:
    """Called by a night on a worker it will not use, and which is closed then."""
    import logging

    logging.getLogger("distributed.worker").error("refused: %s", line)
    _refused.append(line)


def refusal() -> str:
    """Why we were refused; "": we were not."""
    return _refused[-1] if _refused else ""


def slots() -> int:
    """Boots that this worker may run at a time."""
    from distributed import get_worker

    return int(get_worker().state.total_resources.get(SLOTS, 1))

# SPDX-License-Identifier: GPL-2.0-only
"""A night's side of a Dask cluster: which workers there are, and jobs that run where they fit.

Dask starts what a killed worker ran on another one, and gives up when several workers died of
one job (distributed.scheduler.allowed-failures, 3 by default). A job that no worker could ever
take would wait for ever: that is told after WAIT_S.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from orchestrator.edge.cluster import on_worker
from orchestrator.edge.cluster.address import refuse_clear
from orchestrator.model.cluster import SLOTS, Passport, fits, in_words
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Note, Progress

WAIT_S = 60.0  # for a worker that could take a job
_LOOK_S = 1.0
RESULT_S = 120.0
ROUNDS = 5  # of a job that met workers which were refused then


class ClusterGone(Exception):
    """There is no scheduler any more. No job is to blame, and no other one will fare better."""


class Seen(Struct, frozen=True):
    """A worker that takes our jobs. resources: as model.cluster names them."""

    address: str
    name: str
    resources: Mapping[str, float]


@dataclass
class Cluster:
    """A connection. ours: what every worker must be like. wait_s: see WAIT_S."""

    client: Any
    ours: Passport
    progress: Progress
    wait_s: float = WAIT_S
    _looked_s: float = float("-inf")
    _refused: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _admitted: dict[str, Seen] = field(default_factory=dict)

    def workers(self, *, now: bool = True) -> tuple[Seen, ...]:
        """Those that are there and like us. Others are refused. now: else it may be a second ago.
        Raises ClusterGone."""
        with self._lock:
            if not now and time.monotonic() < self._looked_s + _LOOK_S:
                return tuple(self._admitted.values())
            try:
                found = self.client.scheduler_info()["workers"]
            except Exception as error:
                raise ClusterGone(f"the scheduler is gone: {error}") from error
            seen = [
                Seen(str(address), str(info.get("name", "")), dict(info.get("resources") or {}))
                for address, info in found.items()
            ]
            ours = [each for each in seen if SLOTS in each.resources]
            self._admit([each for each in ours if each.address not in self._admitted])
            there = {each.address for each in ours}
            self._admitted = {a: one for a, one in self._admitted.items() if a in there}
            self._looked_s = time.monotonic()
            return tuple(self._admitted.values())

    def _admit(self, new: list[Seen]) -> None:
        new = [each for each in new if each.address not in self._refused]
        if not new:
            return
        shown = self.client.run(
            on_worker.show_passport, workers=[each.address for each in new], on_error="return"
        )
        for each in new:
            answer = shown.get(each.address)
            if answer is None or isinstance(answer, OSError):
                continue  # it is gone again, or will be asked once more
            line = self._objection(each, answer)
            if line:
                self._refuse(each, line)
            else:
                self._admitted[each.address] = each

    def _objection(self, worker: Seen, answer: object) -> str:
        try:
            refuse_clear(worker.address)
        except Exception as error:
            return str(error)
        if isinstance(answer, Passport):
            return answer.differences(self.ours)
        return f"it speaks another protocol ({type(answer).__name__}: {answer})"

    def _refuse(self, worker: Seen, line: str) -> None:
        self._refused.add(worker.address)
        self.progress(Note(f"worker {worker.name} refused: {line}"))
        with contextlib.suppress(Exception):  # it may be gone already, or not know the word
            self.client.run(on_worker.refuse, line, workers=[worker.address], on_error="ignore")
        with contextlib.suppress(Exception):
            self.client.retire_workers([worker.address], close_workers=True)

    def run(
        self,
        job: Callable[[Any], Any],
        order: Any,
        asks: Mapping[str, float],
        key: str,
        stop: threading.Event,
    ) -> Any:
        """What job(order) comes to on some worker; None if stop was set before.

        Raises InfrastructureError if it killed its workers, if none takes it, or if it raised
        anything; ClusterGone.
        """
        for number in range(ROUNDS):
            future = self.client.submit(
                job, order, key=f"{key}-{number}", resources=dict(asks), pure=False
            )
            ended = threading.Event()
            future.add_done_callback(lambda _, ended=ended: ended.set())
            try:
                if not self._wait(ended, asks, stop):
                    return None
                result = _result(future)
            finally:
                future.cancel(force=True)
            if not isinstance(result, WrongWorker):
                return result
            self.workers()  # which refuses it
        raise InfrastructureError(f"only workers that differ from this machine: {result.line}")

    def _wait(
        self, ended: threading.Event, asks: Mapping[str, float], stop: threading.Event
    ) -> bool:
        """Until it ended; False if stop was set before."""
        alone_s = 0.0
        before = time.monotonic()
        while not ended.wait(_LOOK_S / 10 if stop.is_set() else _LOOK_S):
            if stop.is_set():
                return False
            able = any(fits(asks, each.resources) for each in self.workers(now=False))
            now = time.monotonic()
            alone_s = 0.0 if able else alone_s + now - before
            before = now
            if alone_s > self.wait_s:
                raise InfrastructureError(
                    f"no worker has had {in_words(asks)} for {self.wait_s:.0f} s",
                    "start workers that have: orchestrate nightly worker",
                )
        return True


class WrongWorker(Struct, frozen=True):
    """What a job answers on a worker that is not what the night asked for."""

    line: str


def _result(future: Any) -> Any:
    from distributed import KilledWorker

    if future.status == "finished":
        try:
            return future.result(timeout=RESULT_S)
        except (OSError, TimeoutError) as error:
            raise ClusterGone(f"a result cannot be fetched: {error}") from error
    if future.status != "error":  # cancelled, lost
        raise ClusterGone("the scheduler is gone")
    failed = future.exception(timeout=RESULT_S)
    if isinstance(failed, KilledWorker):
        count = getattr(failed, "allowed_failures", 3) + 1
        raise InfrastructureError(
            f"{count} workers died while they ran this", "their logs may tell; is it the memory?"
        ) from failed
    said = " ".join(str(failed).split())
    raise InfrastructureError(f"a worker failed: {type(failed).__name__}: {said}") from failed

# SPDX-License-Identifier: GPL-2.0-only
"""A night on a Dask cluster: the same cells, order and rules, where builds and boots fit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from msgspec.structs import replace

from orchestrator.edge.cluster.address import checked, on_this_machine
from orchestrator.edge.cluster.artefacts import Artefacts
from orchestrator.edge.cluster.client import WAIT_S, Cluster, ClusterGone, Seen
from orchestrator.edge.cluster.connection import connected
from orchestrator.edge.cluster.passport import passport
from orchestrator.edge.store import Store
from orchestrator.model.cluster import BUILD, MEM, SLOTS, Tls
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Note, Progress, ProgressEvent
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.cluster_hands import ClusterHands
from orchestrator.workflow.night import Machines
from orchestrator.workflow.night_crew import Crew
from orchestrator.workflow.night_prepare import NightJob, Prepared

_LOOK_S = 0.5


@dataclass(frozen=True)
class ClusterJob:
    """What --cluster was given. artefacts: a url; "": a folder of the cache, which serves workers
    on this machine. wait_s: for the first worker, and later for one that could take a job."""

    address: str
    tls: Tls | None = None
    artefacts: str = ""
    wait_s: float = WAIT_S

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", checked(self.address, self.tls))
        if self.artefacts:
            Artefacts(self.artefacts)
        elif not on_this_machine(self.address):
            raise UsageError(
                f"workers of {self.address} need a place to fetch kernels from",
                "--artefacts sftp://HOST/DIR, s3://BUCKET/PREFIX or file:///SHARED/DIR",
            )

    @contextmanager
    def machines(
        self, job: NightJob, found: Prepared, store: Store, folder: Path, clock: Clock
    ) -> Iterator[Machines]:
        """As workflow.night.Place has it. Raises UsageError, InfrastructureError."""
        place = Artefacts(self.artefacts or f"file://{store.folder('packed')}/place")
        with (
            _told(),
            connected(self.address, self.tls, passport(), clock, self.wait_s) as cluster,
        ):
            workers = _awaited(cluster, self.wait_s)
            limits = replace(
                found.limits,
                slots=job.slots or min(len(found.order), _sum(workers, SLOTS)),
                mem_mib=_sum(workers, MEM),
                builds=max(1, _sum(workers, BUILD)),
            )
            clock(Note(f"{len(workers)} workers with {_sum(workers, SLOTS)} slots"))
            hands = ClusterHands(
                found.inputs,
                store,
                folder,
                limits.slots,
                _one_at_a_time(clock),
                cluster=cluster,
                place=place,
            )
            yield Machines(hands, limits, ClusterCrew)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ClusterGone as gone:
        raise InfrastructureError(str(gone), "the same command goes on where it stopped") from gone


def _one_at_a_time(clock: Clock) -> Progress:
    """Builds run beside each other."""
    lock = Lock()

    def progress(event: ProgressEvent) -> None:
        with lock:
            clock(event)

    return progress


def _sum(workers: tuple[Seen, ...], name: str) -> int:
    return int(sum(each.resources.get(name, 0) for each in workers))


def _awaited(cluster: Cluster, wait_s: float) -> tuple[Seen, ...]:
    """At least one worker that may be used."""
    end_s = time.monotonic() + wait_s
    while True:
        workers = cluster.workers()
        if workers:
            return workers
        if time.monotonic() > end_s:
            raise InfrastructureError(
                f"no worker came within {wait_s:.0f} s", "orchestrate nightly worker SCHEDULER"
            )
        time.sleep(_LOOK_S)


class ClusterCrew(Crew):
    """Builds run beside each other, on different hosts; Ctrl-C ends all of them."""

    def _builds(self) -> None:
        hands = self.hands
        assert isinstance(hands, ClusterHands)
        more = [Thread(target=self._more_builds) for _ in range(self.limits.builds - 1)]
        for thread in more:
            thread.start()
        try:
            super()._builds()
        except BaseException:
            self._end_all()
            raise
        finally:
            for thread in more:
                thread.join()

    def _more_builds(self) -> None:
        try:
            super()._builds()
        except BaseException as error:
            with self._changed:
                self._failed = self._failed or error
            self._end_all()

    def _end_all(self) -> None:
        hands = self.hands
        assert isinstance(hands, ClusterHands)
        hands.closed.set()
        with self._changed:
            self._stop.set()
            self._over = True
            self._changed.notify_all()

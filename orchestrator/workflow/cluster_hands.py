# SPDX-License-Identifier: GPL-2.0-only
"""Builds and boots of a night on a cluster: what night_hands.py does here, done by workers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from msgspec.structs import replace

from orchestrator.edge import rundir
from orchestrator.edge.cluster import shipping
from orchestrator.edge.cluster.artefacts import Artefacts, fetched
from orchestrator.edge.cluster.client import Cluster
from orchestrator.edge.cluster.pack import unpack_run
from orchestrator.edge.kernel_request import kernel_key
from orchestrator.edge.memory import QEMU_MIB
from orchestrator.model import rundir as names
from orchestrator.model.cluster import Artefact, boot_asks, build_asks
from orchestrator.model.errors import InfrastructureError, OrchestrateError
from orchestrator.model.job import Tree
from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.model.patch import PatchMail
from orchestrator.workflow.boot import blank, failed, save
from orchestrator.workflow.boot_job import BootJob, Ready
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.cluster_jobs import boot, build
from orchestrator.workflow.cluster_orders import Booted, BootOrder, BuildOrder, Built, Files, told
from orchestrator.workflow.night_attempt import attempt
from orchestrator.workflow.night_crew import Tried
from orchestrator.workflow.night_hands import NightHands, ReadyKernel
from orchestrator.workflow.patches import prepare
from orchestrator.workflow.ready import build_ready, kernel_request

_MOST_RUN = 1 << 30  # bytes of a run directory


@dataclass
class _Remote(ReadyKernel):
    """A kernel that boots on any worker."""

    shipped: Artefact


@dataclass
class ClusterHands(NightHands):
    """The hands of one night on a cluster (night_crew.Hands)."""

    cluster: Cluster = field(kw_only=True)
    place: Artefacts = field(kw_only=True)
    closed: Event = field(default_factory=Event, kw_only=True)
    _remote: dict[KernelName, _Remote] = field(default_factory=dict)
    _renewing: Lock = field(default_factory=Lock)

    def build(self, kernel: KernelName) -> None:
        """Kernel and module: shipped, if they are in the store here; else built by a worker."""
        folder, clock = self._begin_build(kernel)
        tree, mails, job = self._asked(kernel, clock)
        job = replace(job, accel="tcg")  # the worker's own comes later
        patches = prepare(mails, tree, folder, clock, tree_dir=job.tree, store=self.store)
        key = kernel_key(kernel_request(job, tree, patches))
        if (self.store.folder("kernels") / key).is_dir():
            ready = build_ready(job, tree, mails, patches, self.store, folder, clock)
            parts = (tree, ready.kernel, ready.module, self.store, self.place, clock)
            shipped, took_s = shipping.ship_kernel(*parts), None
        else:
            ready, shipped, took_s = self._build_there(job, tree, mails, patches, folder, clock)
        stages, notes = tuple(clock.stages), tuple(clock.notes)
        self._remote[kernel] = _Remote(ready, folder, took_s, stages, notes, shipped)

    def _build_there(
        self,
        job: BootJob,
        tree: Tree,
        mails: tuple[PatchMail, ...],
        patches: tuple[Path, ...],
        folder: Path,
        clock: Clock,
    ) -> tuple[Ready, Artefact, float | None]:
        topic = f"orchestrate-{uuid.uuid4()}"
        order = BuildOrder(
            place=self.place.url,
            passport=self.cluster.ours,
            job=replace(job, tree=None),
            tree=tree,
            sources=shipping.ship_tree(tree, self.store, self.place),
            mails=mails,
            patches=_files(patches),
            kmods=tuple(_files(sorted(each.iterdir())) for each in job.kmods),
            topic=topic,
        )

        def heard(event: tuple[float, object]) -> None:
            found = told(event[1])
            if found:
                self.progress(found)

        self.cluster.client.subscribe_topic(topic, heard)
        try:
            asks = build_asks()
            done = self.cluster.run(build, order, asks, f"build-{uuid.uuid4()}", self.closed)
        finally:
            self.cluster.client.unsubscribe_topic(topic)
        if done is None:
            raise InfrastructureError("the build was ended")
        assert isinstance(done, Built)
        clock.stages += done.stages
        clock.notes += done.notes
        rundir.write(folder, names.BUILD_LOG, done.log)
        rundir.write(folder, names.DOTCONFIG, done.dotconfig)
        if done.error:
            done.error.log = folder / names.BUILD_LOG if done.log else None
            raise done.error
        assert done.ready and done.shipped
        return done.ready, done.shipped, None if done.ready.kernel.cached else done.took_s

    def boot(self, cell: CellKey, number: int, stop: Event) -> Tried:
        """One run, somewhere. Its id is given here, so that it counts once, however often a
        worker is lost that ran it."""
        remote = self._there(kernel_of(cell))
        build_s = self._first_pays(remote)
        job = self.inputs.job(cell)
        folder = self._run_folder(cell, number)
        order = BootOrder(
            place=self.place.url,
            passport=self.cluster.ours,
            id=str(uuid.uuid4()),
            cell=cell,
            number=number,
            job=replace(job, tree=None),
            ready=remote.ready,
            shipped=remote.shipped,
            sources=self.inputs.sources(kernel_of(cell)),
            build_s=build_s,
            stages=remote.stages,
            notes=remote.notes,
        )
        asks = boot_asks(job.topology.most_mem_mib + QEMU_MIB, job.accel == "kvm")
        try:
            done = self.cluster.run(boot, order, asks, f"boot-{order.id}", stop)
            if done is None:
                raise InfrastructureError("the run was ended")
            assert isinstance(done, Booted)
            self._fill(folder, remote.folder, done.run)
        except OrchestrateError as error:
            return self._failed(order, job, folder, error, stop)
        return Tried(replace(done.attempt, run_dir=str(folder)), done.findings)

    def _fill(self, folder: Path, build: Path, run: Artefact | None) -> None:
        self._take_along(build, folder)
        if run:
            with fetched(self.place, run, folder) as archive:
                unpack_run(archive, folder, _MOST_RUN)
            self.place.drop(run)

    def _failed(
        self, order: BootOrder, job: BootJob, folder: Path, error: OrchestrateError, stop: Event
    ) -> Tried:
        """Nothing is known of the kernel; the folder says why. Of a run that was told to end
        nothing is left."""
        result = failed(blank(job, folder), error)
        if stop.is_set():
            rundir.discard(folder)
        else:
            save(result)
        row = attempt(result, order.cell, order.number, order.sources, 0.0, order.build_s)
        return Tried(replace(row, id=order.id, host=""), result.findings)

    def _there(self, kernel: KernelName) -> _Remote:
        """Its artefact may have been damaged, or cleared away, since it was shipped."""
        remote = self._remote[kernel]
        with self._renewing:
            if not self.place.has(self._remote[kernel].shipped):
                self.build(kernel)
                self._remote[kernel].took_s = remote.took_s
            return self._remote[kernel]


def _files(paths: tuple[Path, ...] | list[Path]) -> Files:
    return tuple((path.name, path.read_bytes()) for path in paths if path.is_file())

# SPDX-License-Identifier: GPL-2.0-only
"""What a worker does for a night: one build, or one boot. Called by Dask, on the worker.

Everything a job needs is in its order, or at the place the order names; everything it made goes
there. It may be run twice, where a worker was lost: an attempt has its id from the night.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import accelerator, host, host_clock, rundir
from orchestrator.edge.cluster import on_worker, shipping
from orchestrator.edge.cluster.artefacts import Artefacts
from orchestrator.edge.cluster.client import WrongWorker
from orchestrator.edge.cluster.pack import pack
from orchestrator.edge.cluster.passport import passport
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import socket_folder
from orchestrator.model import rundir as names
from orchestrator.model.cluster import Artefact, Passport
from orchestrator.model.errors import InfrastructureError, OrchestrateError
from orchestrator.model.progress import Progress, silent
from orchestrator.model.verdict import Verdict
from orchestrator.workflow.boot import blank, failed, finding_of, save
from orchestrator.workflow.boot_job import Ready, side_by_side
from orchestrator.workflow.boot_ready import boot_ready
from orchestrator.workflow.clock import Clock
from orchestrator.workflow.cluster_orders import (
    Booted,
    BootOrder,
    BuildOrder,
    Built,
    Files,
    teller,
)
from orchestrator.workflow.night_attempt import attempt
from orchestrator.workflow.night_hands import RUN_MIB
from orchestrator.workflow.ready import build_ready


def build(order: BuildOrder) -> Built | WrongWorker:
    """Kernel and module, shipped. What fails is told, not raised."""
    wrong = _wrong(order.passport)
    if wrong:
        return wrong
    began_s = time.monotonic()
    clock = Clock(teller(order.topic))
    with tempfile.TemporaryDirectory(prefix="orchestrate-build-") as name:
        folder = Path(name)
        ready, shipped, error = None, None, None
        try:
            host.require()
            ready, shipped = _build(order, folder, clock)
        except (OrchestrateError, OSError) as broken:
            error = _ours(broken)
            error.log = None  # it is in what we send
        return Built(
            ready,
            shipped,
            _content(folder / names.BUILD_LOG),
            _content(folder / names.DOTCONFIG),
            tuple(clock.stages),
            tuple(clock.notes),
            time.monotonic() - began_s,
            error,
        )


def _build(order: BuildOrder, folder: Path, clock: Clock) -> tuple[Ready, Artefact]:
    store, place = Store(cache_root()), Artefacts(order.place)
    tree = shipping.received_tree(order.sources, order.tree, store, place, clock)
    patches = _written(order.patches, folder / names.PATCHES)
    kmods = [folder / f"kmod-{number}" for number in range(len(order.kmods))]
    for own, files in zip(kmods, order.kmods, strict=True):
        _written(files, own)
    job = replace(order.job, kmods=tuple(kmods), accel="tcg")
    ready = build_ready(job, tree, order.mails, patches, store, folder, clock)
    shipped = shipping.ship_kernel(tree, ready.kernel, ready.module, store, place, clock)
    return ready, shipped


def _ours(error: OrchestrateError | OSError) -> OrchestrateError:
    """A full disk, for one, is the host's failure."""
    if isinstance(error, OrchestrateError):
        return error
    return InfrastructureError(f"{error.strerror or error}: {error.filename or ''}")


def _written(files: Files, folder: Path) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files:
        (folder / Path(name).name).write_bytes(data)
    return tuple(folder / Path(name).name for name, _ in files)


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def boot(order: BootOrder) -> Booted | WrongWorker:
    """One run, as on any machine, and its directory shipped."""
    wrong = _wrong(order.passport)
    if wrong:
        return wrong
    began_s = time.monotonic()
    clock = Clock(silent)
    with on_worker.wanted() as stop, socket_folder() as name:
        run_dir = Path(name) / "run"
        run_dir.mkdir()
        result = blank(order.job, run_dir)
        try:
            rundir.need_room(run_dir, RUN_MIB, "a run")
            ready = _here(order, clock)
            job = side_by_side(order.job, on_worker.slots())
            result = boot_ready(job, ready, clock, result, stop)
        except (OrchestrateError, OSError) as error:
            run_dir.mkdir(exist_ok=True)
            result = failed(result, _ours(error))
        stages, notes = (*order.stages, *clock.stages), (*order.notes, *clock.notes)
        result = replace(result, stages=stages, notes=notes)
        save(result)
        wall_s = time.monotonic() - began_s + (order.build_s or 0.0)
        row = attempt(result, order.cell, order.number, order.sources, wall_s, order.build_s)
        row = replace(row, id=order.id)
        archive = Path(name) / "archive"
        pack({file.name: file for file in run_dir.iterdir()}, archive)
        try:
            run = Artefacts(order.place).put(archive)
        except InfrastructureError as error:
            row = replace(row, verdict=Verdict.INFRASTRUCTURE, headline=error.message)
            return Booted(row, (finding_of(error),), None)
        return Booted(row, result.findings, run)


def _here(order: BootOrder, clock: Progress) -> Ready:
    store, ready = Store(cache_root()), order.ready
    tree, kernel, module = shipping.received_kernel(
        order.shipped,
        ready.tree,
        ready.kernel,
        ready.module,
        store,
        Artefacts(order.place),
        clock,
    )
    return replace(
        ready,
        tree=tree,
        kernel=kernel,
        module=module,
        machine=accelerator.choose(order.job.accel, store),
        tsc_khz=host_clock.tsc_khz(store),
    )


def _wrong(asked: Passport) -> WrongWorker | None:
    """For a worker that took a job before the night has looked at it."""
    line = passport().differences(asked)
    return WrongWorker(line) if line else None

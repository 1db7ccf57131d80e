# SPDX-License-Identifier: GPL-2.0-only
"""A Dask worker that says what it has room for, and joins only where it fits."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Callable

from orchestrator.edge.cluster import on_worker
from orchestrator.edge.cluster.address import on_this_machine, security
from orchestrator.edge.cluster.passport import passport
from orchestrator.model.cluster import Offer, Passport, Tls
from orchestrator.model.errors import InfrastructureError

PASSPORT = ["orchestrate", "passport"]  # in the scheduler's metadata: of the night that runs
JOIN_S = 60.0
CLOSE_S = 15.0  # machines end within two or three


def serve(
    address: str, offer: Offer, tls: Tls | None, name: str, say: Callable[[str], None]
) -> None:
    """Work until the scheduler ends, or SIGINT or SIGTERM comes: machines end, and what they ran
    is run elsewhere.

    Raises InfrastructureError if there is no scheduler, or it or a night refuses us.
    """
    with tempfile.TemporaryDirectory(prefix="orchestrate-dask-") as folder:
        asyncio.run(_serve(address, offer, tls, name, folder, say))
    if on_worker.refusal():
        raise InfrastructureError(f"refused: {on_worker.refusal()}", _SAME)


_SAME = "every machine of a cluster needs the same orchestrate and the same tools"


async def _serve(
    address: str,
    offer: Offer,
    tls: Tls | None,
    name: str,
    folder: str,
    say: Callable[[str], None],
) -> None:
    from distributed import Worker

    safe = security(tls)
    await _compare(address, passport(), safe)
    worker = Worker(
        address,
        nthreads=offer.slots,
        resources=offer.resources(),
        name=name or None,
        security=safe,
        host="127.0.0.1" if on_this_machine(address) else None,
        local_directory=folder,
        memory_limit=0,
        death_timeout=JOIN_S,
        dashboard=False,
    )
    try:
        await worker
    except (OSError, TimeoutError, ValueError) as error:
        raise InfrastructureError(f"{address}: {error}") from error
    loop = asyncio.get_running_loop()
    leave = asyncio.Event()

    def end() -> None:
        on_worker.leaving.set()
        leave.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    say(f"joined {address} as {worker.name}: {_shown(offer)}")
    finished = asyncio.ensure_future(worker.finished())
    leaving = asyncio.ensure_future(leave.wait())
    await asyncio.wait((finished, leaving), return_when=asyncio.FIRST_COMPLETED)
    on_worker.leaving.set()
    await worker.close(timeout=CLOSE_S)
    leaving.cancel()
    await finished


def _shown(offer: Offer) -> str:
    kvm = "KVM" if offer.kvm else "no KVM"
    builds = "" if offer.builds else ", no builds"
    return f"{offer.slots} slots, {offer.mem_mib} MiB, {kvm}{builds}"


async def _compare(address: str, ours: Passport, safe: object) -> None:
    """InfrastructureError, in one line, if the cluster is another one than ours would fit in."""
    from distributed.core import rpc

    arguments = safe.get_connection_args("worker") if safe else {}  # type: ignore[attr-defined]
    try:
        scheduler = rpc(address, connection_args=arguments)
        async with asyncio.timeout(JOIN_S):
            found = await scheduler.get_metadata(keys=PASSPORT, default=None)
            theirs = as_passport(found)
        await scheduler.close_rpc()
    except (OSError, TimeoutError) as error:
        said = str(error) or f"no answer within {JOIN_S:.0f} s"
        raise InfrastructureError(f"no scheduler at {address}: {said}") from error
    if theirs and theirs != ours:
        raise InfrastructureError(f"refused: {ours.differences(theirs)}", _SAME)


def as_passport(found: object) -> Passport | None:
    """What the scheduler's metadata holds; None if that is nothing of ours."""
    try:
        return Passport(tuple((str(name), str(text)) for name, text in found))  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None

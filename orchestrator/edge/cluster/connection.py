# SPDX-License-Identifier: GPL-2.0-only
"""A night's connection to its scheduler."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from orchestrator.edge.cluster.address import refuse_clear, security
from orchestrator.edge.cluster.client import WAIT_S, Cluster
from orchestrator.edge.cluster.worker import PASSPORT
from orchestrator.model.cluster import Passport, Tls
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Progress

CONNECT_S = 20.0


@contextlib.contextmanager
def connected(
    address: str, tls: Tls | None, ours: Passport, progress: Progress, wait_s: float = WAIT_S
) -> Iterator[Cluster]:
    """Raises InfrastructureError if there is no scheduler, UsageError if it can be reached in clear
    from elsewhere. On leaving, what is still asked for is cancelled."""
    from distributed import Client

    for name in ("distributed.client", "distributed.comm", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is told by us
    try:
        client = Client(
            address, security=security(tls), timeout=CONNECT_S, set_as_default=False, name="night"
        )
    except (OSError, TimeoutError) as error:
        said = " ".join(str(error).split())
        raise InfrastructureError(f"no scheduler at {address}: {said}") from error
    try:
        refuse_clear(str(client.scheduler_info()["address"]))
        cluster = Cluster(client, ours, progress, wait_s)
        client.set_metadata(PASSPORT, [list(row) for row in ours.entries])
        yield cluster
    finally:
        with contextlib.suppress(Exception):
            client.set_metadata(PASSPORT, None)
        with contextlib.suppress(Exception):
            client.close(timeout=5)

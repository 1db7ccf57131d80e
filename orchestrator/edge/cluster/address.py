# SPDX-License-Identifier: GPL-2.0-only
"""Where the scheduler is, and whether one may speak to it in clear.

Whoever can speak to a scheduler or a worker can run code there. So beyond this machine both
sides show certificates of one authority, or nothing is sent.
"""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.model.cluster import Tls
from orchestrator.model.errors import UsageError

if TYPE_CHECKING:
    from distributed.security import Security

_FORMS = "tcp://127.0.0.1:8786, or tls://HOST:8786 with --tls-ca, --tls-cert and --tls-key"


def checked(address: str, tls: Tls | None) -> str:
    """The address, as Dask wants it. Raises UsageError if it is none, and where it leads beyond
    loopback without TLS."""
    protocol, sign, rest = address.partition("://")
    if not sign:
        protocol, rest = ("tls" if tls else "tcp"), address
    host, colon, port = rest.rpartition(":")
    if protocol not in ("tcp", "tls") or not colon or not host or not port.isdigit():
        raise UsageError(f"{address}: no scheduler's address", _FORMS)
    if protocol == "tls" and not tls:
        raise UsageError(
            f"{address}: TLS needs certificates", "give --tls-ca, --tls-cert and --tls-key"
        )
    if protocol == "tcp":
        refuse_clear(f"tcp://{rest}")
        if tls:
            raise UsageError(f"{address}: certificates are for tls:// alone", f"tls://{rest}")
    return f"{protocol}://{rest}"


def refuse_clear(address: str) -> None:
    """UsageError if it is tcp:// and leads beyond this machine."""
    if address.startswith("tcp://") and not on_this_machine(address):
        raise UsageError(
            f"{address} is beyond this machine, where everything must go through TLS",
            "start scheduler and workers with certificates, and use tls://HOST:PORT with "
            "--tls-ca, --tls-cert and --tls-key; docs/cluster.md has the commands",
        )


def on_this_machine(address: str) -> bool:
    """Is it a loopback address, or a name that stands for nothing else?"""
    host = address.partition("://")[2].rpartition(":")[0].strip("[]")
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(each).is_loopback for each in found)


def security(tls: Tls | None) -> Security | None:
    """As Dask takes it. UsageError if a file cannot be read."""
    if tls is None:
        return None
    from distributed.security import Security

    for name in (tls.ca, tls.cert, tls.key):
        try:
            Path(name).read_bytes()
        except OSError as error:
            raise UsageError(f"{name}: {error.strerror}", "certificates are PEM files") from error
    return Security(
        tls_ca_file=tls.ca,
        tls_client_cert=tls.cert,
        tls_client_key=tls.key,
        tls_worker_cert=tls.cert,
        tls_worker_key=tls.key,
        require_encryption=True,
    )

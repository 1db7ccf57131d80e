# SPDX-License-Identifier: GPL-2.0-only
"""What `nightly run --cluster` and `nightly worker` are both asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.model.errors import UsageError

if TYPE_CHECKING:
    from orchestrator.model.cluster import Tls

_F = TypeVar("_F", bound=Callable[..., Any])
_FILE = click.Path(dir_okay=False)
_OPTIONS = (
    click.option("--tls-ca", type=_FILE, metavar="FILE",
                 help="Beyond this machine: the authority that all certificates are of, PEM."),
    click.option("--tls-cert", type=_FILE, metavar="FILE", help="Our certificate, PEM."),
    click.option("--tls-key", type=_FILE, metavar="FILE", help="Its key, PEM."),
)  # fmt: skip


def tls_options(function: _F) -> _F:
    """--tls-ca, --tls-cert, --tls-key."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def tls(tls_ca: str | None, tls_cert: str | None, tls_key: str | None) -> Tls | None:
    """All three, or none; UsageError."""
    from orchestrator.model.cluster import Tls

    given = (tls_ca, tls_cert, tls_key)
    if not any(given):
        return None
    if tls_ca and tls_cert and tls_key:
        return Tls(tls_ca, tls_cert, tls_key)
    raise UsageError("TLS takes all three", "--tls-ca, --tls-cert and --tls-key")


def require_dask() -> None:
    """UsageError if Dask, or what moves artefacts, is not installed."""
    from importlib.util import find_spec

    missing = [name for name in ("distributed", "fsspec") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"a cluster needs {' and '.join(missing)}", "pip install 'orchestrate[cluster]'"
        )

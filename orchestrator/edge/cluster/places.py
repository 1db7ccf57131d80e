# SPDX-License-Identifier: GPL-2.0-only
"""Where artefacts may lie, and how each kind of place is reached through fsspec."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

# Exception → what may help.
HINTS = {
    "SSHException": "is it in ~/.ssh/known_hosts? `ssh HOST` once, and look at its key",
    "AuthenticationException": "keys are those of ~/.ssh/config, ~/.ssh and the agent",
    "NoCredentialsError": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
}


def _local(url: str, _fresh: bool) -> tuple[Any, str]:
    from fsspec.implementations.local import LocalFileSystem

    path = url.partition(":")[2]
    return LocalFileSystem(), os.path.abspath("/" + path.lstrip("/"))  # noqa: PTH100 - a string


def _sftp(url: str, fresh: bool) -> tuple[Any, str]:
    from fsspec.utils import infer_storage_options

    from orchestrator.edge.cluster.sftp import KnownHosts

    parts = infer_storage_options(url)
    path = parts.pop("path")
    parts.pop("protocol")
    return KnownHosts(**parts, skip_instance_cache=fresh), path.rstrip("/")


def _s3(url: str, fresh: bool) -> tuple[Any, str]:
    from s3fs import S3FileSystem

    return S3FileSystem(skip_instance_cache=fresh), url.partition("://")[2]


# Scheme → (url, on a new connection?) → (file system, path of the place)
CONNECT: dict[str, Callable[[str, bool], tuple[Any, str]]] = {
    "file": _local,
    "sftp": _sftp,
    "s3": _s3,
}

# SPDX-License-Identifier: GPL-2.0-only
"""--source kernel.org:VERSION: a release tarball, checked against the published digests.

The digests come from sha256sums.asc in the release directory, over the same TLS connection.
Its PGP signature is not checked: that needs the signer's key from elsewhere.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from orchestrator.config.source_spec import KernelOrg
from orchestrator.edge.http import BACKOFF_S
from orchestrator.edge.sources.download import fetch_file, fetch_text
from orchestrator.edge.sources.known import remember, tree_of
from orchestrator.edge.store import Store, need_space, writable
from orchestrator.model.errors import UsageError
from orchestrator.model.job import Tree
from orchestrator.model.progress import Progress

DOWNLOAD_MIB = 400


def base_url() -> str:
    """$ORCHESTRATE_KERNEL_ORG (a mirror with the same folders), else kernel.org's own."""
    named = os.environ.get("ORCHESTRATE_KERNEL_ORG")
    return (named or "https://cdn.kernel.org/pub/linux/kernel").rstrip("/")


def fetch_kernel_org(
    spec: KernelOrg,
    store: Store,
    progress: Progress,
    *,
    base: str | None = None,
    backoff_s: tuple[float, ...] = BACKOFF_S,
) -> Tree:
    """The release's tree. UsageError if there is no such release; else as fetch_file()."""
    folder = f"{base or base_url()}/v{spec.release.partition('.')[0]}.x"
    name = f"linux-{spec.release}.tar.xz"
    archive = writable(store.folder("downloads") / f"linux-{spec.release}") / name
    with store.lock(f"downloads/{name}", progress):
        if not archive.is_file():
            need_space(archive.parent, DOWNLOAD_MIB, f"fetching {name}")
            sums = fetch_text(f"{folder}/sha256sums.asc", progress, backoff_s)
            sha256 = published_sha256(sums, name)
            fetch_file(f"{folder}/{name}", archive, sha256, progress, backoff_s=backoff_s)
    tree = tree_of(archive, spec.text, store, progress)
    remember(spec.text, tree, store, archive)
    return tree


def published_sha256(sums: str, name: str) -> str:
    """name's digest in sha256sum(1) output; UsageError, with the nearest releases, if none."""
    lines = re.findall(r"^([0-9a-f]{64})  (\S+)", sums, re.MULTILINE)
    digests: dict[str, str] = {file: sha256 for sha256, file in lines}
    if name in digests:
        return digests[name]
    series = name.removesuffix(".tar.xz").rpartition(".")[0]
    near = [file for file in digests if file.startswith(series + ".") and file.endswith(".tar.xz")]
    newest = max(near, key=_numbers, default="")
    hint = f"the newest of that series is {Path(newest).name.removesuffix('.tar.xz')}"
    raise UsageError(f"kernel.org has no {name}", hint if newest else "see --source git:URL@REF")


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))

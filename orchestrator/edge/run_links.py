# SPDX-License-Identifier: GPL-2.0-only
"""Where a page finds the run directories: addresses of those that are there, and of their logs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from orchestrator.model import rundir
from orchestrator.model.dashboard import RunLinks
from orchestrator.model.night import Attempt

# What a reader may want, and a browser shows as text. Of pages only our own: any other could hold
# scripts.
_LOGS = (rundir.DMESG, rundir.CONSOLE, rundir.KTAP, rundir.RUN, rundir.BUILD_LOG, rundir.QEMU_LOG)


def run_links(folder: Path, attempts: Iterable[Attempt]) -> dict[str, RunLinks]:
    """An attempt's id → its links, from a page in `folder`; none if its directory is gone."""
    found = ((attempt.id, links_to(folder, attempt.run_dir)) for attempt in attempts)
    return {key: links for key, links in found if links}


def links_to(folder: Path, path: str) -> RunLinks | None:
    """Of one run's directory, from a page in `folder`; None if it is gone.

    Relative if run and page share more than the root, so that both can be moved together, else
    with the scheme file:. Either way the path is quoted: it cannot become anything but a path.
    """
    base = Path(os.path.abspath(folder))  # noqa: PTH100 - symlinks stay as the user has them
    if not path.startswith("/"):
        return None
    try:
        names = set(os.listdir(path))  # noqa: PTH208 - thousands of them
    except (OSError, ValueError):  # gone; or a NUL is in it
        return None
    address = _address(base, path)
    files = tuple((name, f"{address}/{name}") for name in _LOGS if name in names)
    page = f"{address}/{rundir.REPORT}" if rundir.REPORT in names else ""
    return RunLinks(f"{address}/", files, page)


def _address(base: Path, path: str) -> str:
    """Of a folder, without a slash at its end."""
    shared = os.path.commonpath([base, path])
    if shared == "/":
        return "file://" + _quoted(os.path.normpath(path))
    return "./" + _quoted(os.path.relpath(path, base))


def _quoted(path: str) -> str:
    return quote(os.fsencode(path), safe="/")

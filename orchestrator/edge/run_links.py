# SPDX-License-Identifier: GPL-2.0-only
"""Where a page finds the run directories: addresses of those that are there, and of their logs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from orchestrator.model import rundir
from orchestrator.model.dashboard import RunLinks
from orchestrator.model.night import Attempt

# What a reader may want, and a browser shows as text; never a page, which could hold scripts.
_LOGS = (rundir.DMESG, rundir.CONSOLE, rundir.KTAP, rundir.RUN, rundir.BUILD_LOG, rundir.QEMU_LOG)


def run_links(folder: Path, attempts: Iterable[Attempt]) -> dict[str, RunLinks]:
    """An attempt's id → its links, from a page in `folder`; none if its directory is gone.

    Relative if run and page share more than the root, so that both can be moved together, else
    with the scheme file:. Either way the path is quoted: it cannot become anything but a path.
    """
    base = Path(os.path.abspath(folder))  # noqa: PTH100 - symlinks stay as the user has them
    found: dict[str, RunLinks] = {}
    for attempt in attempts:
        path = attempt.run_dir
        if not path.startswith("/"):
            continue
        with contextlib.suppress(OSError, ValueError):  # gone; or a NUL is in it
            names = set(os.listdir(path))  # noqa: PTH208 - thousands of them
            address = _address(base, path)
            files = tuple((name, f"{address}/{name}") for name in _LOGS if name in names)
            found[attempt.id] = RunLinks(f"{address}/", files)
    return found


def _address(base: Path, path: str) -> str:
    """Of a folder, without a slash at its end."""
    shared = os.path.commonpath([base, path])
    if shared == "/":
        return "file://" + _quoted(os.path.normpath(path))
    return "./" + _quoted(os.path.relpath(path, base))


def _quoted(path: str) -> str:
    return quote(os.fsencode(path), safe="/")

# SPDX-License-Identifier: GPL-2.0-only
"""Fetch a large file over HTTP: resumed, retried, limited in size, checked against a digest."""

from __future__ import annotations

import re
import time
from pathlib import Path

import requests

from orchestrator.edge.fingerprint import file_sha256
from orchestrator.edge.http import BACKOFF_S, TIMEOUT_S, TRANSIENT, TryAgain, tried
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Progress, StageProgress

LIMIT_MIB = 1024
_PIECE = 1 << 16  # what arrived of an unfinished piece is lost when a transfer breaks off
_TEXT_LIMIT = 4 << 20
_OFFLINE = "no network? --source tarball:PATH and --tree DIR need none"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def fetch_text(url: str, progress: Progress, backoff_s: tuple[float, ...] = BACKOFF_S) -> str:
    """A small text file. Raises as fetch_file() does."""

    def attempt() -> str:
        with _get(url, {}) as response:
            data = bytearray()
            for piece in response.iter_content(_PIECE):
                data += piece
                if len(data) > _TEXT_LIMIT:
                    raise InfrastructureError(f"{url} is larger than {_TEXT_LIMIT >> 20} MiB")
            return data.decode(errors="replace")

    return tried(attempt, url, progress, backoff_s, _OFFLINE)


def fetch_file(
    url: str,
    destination: Path,
    sha256: str,
    progress: Progress,
    *,
    limit_mib: int = LIMIT_MIB,
    backoff_s: tuple[float, ...] = BACKOFF_S,
) -> None:
    """Put url's content at destination; nothing is there until its digest was found right.

    What an earlier, broken attempt left in destination + ".part" is taken up where it ended.
    Raises UsageError if the server has no such file, InfrastructureError if it can't be
    reached, goes on failing, sends more than limit_mib or something with another digest.
    """
    part = destination.with_name(f"{destination.name}.part")
    tried(lambda: _fill(url, part, limit_mib, progress), url, progress, backoff_s, _OFFLINE)
    got = file_sha256(part)
    if got != sha256:
        part.unlink()
        raise InfrastructureError(
            f"{url}: SHA-256 is {got[:16]}..., published is {sha256[:16]}...; removed it",
            "try again; if it stays wrong, do not trust this mirror",
        )
    part.rename(destination)


def _get(url: str, headers: dict[str, str]) -> requests.Response:
    response = requests.get(
        url, headers={"Accept-Encoding": "identity", **headers}, stream=True, timeout=TIMEOUT_S
    )
    if response.status_code in (200, 206, 416):
        return response
    response.close()
    if response.status_code in TRANSIENT:
        raise TryAgain(f"the server answers {response.status_code} {response.reason}")
    if response.status_code in (404, 410):
        raise UsageError(f"{url}: the server has no such file", "is the release spelled right?")
    raise InfrastructureError(f"{url}: the server answers {response.status_code}")


def _fill(url: str, part: Path, limit_mib: int, progress: Progress) -> None:
    """One attempt to make `part` whole, going on behind what it holds already."""
    held = part.stat().st_size if part.exists() else 0
    with _get(url, {"Range": f"bytes={held}-"} if held else {}) as response:
        if response.status_code == 416:  # nothing behind `held`: it may be whole, or too long
            _settle_416(response, part, held)
            return
        start, total = _extent(response, held)
        if max(total, start) > limit_mib << 20:
            raise InfrastructureError(f"{url} is larger than {limit_mib} MiB")
        _append(response, part, start, total, limit_mib, progress)


def _settle_416(response: requests.Response, part: Path, held: int) -> None:
    """RFC 9110, 15.5.17: such an answer says how long the file is."""
    if response.headers.get("Content-Range", "") != f"bytes */{held}":
        part.unlink()
        raise TryAgain("the server cannot resume; starting over")


def _extent(response: requests.Response, held: int) -> tuple[int, int]:
    """Where in the file the answer starts, and the file's size (0: not told)."""
    if response.status_code == 206:
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if match and int(match[1]) == held:
            return held, 0 if match[2] == "*" else int(match[2])
        raise InfrastructureError(f"{response.url}: the server sends another range than asked")
    return 0, int(response.headers.get("Content-Length") or 0)


def _append(
    response: requests.Response,
    part: Path,
    start: int,
    total: int,
    limit_mib: int,
    progress: Progress,
) -> None:
    began = time.monotonic()
    done = start
    with part.open("ab") as file:
        file.truncate(start)
        for piece in response.iter_content(_PIECE):
            file.write(piece)
            done += len(piece)
            if done > limit_mib << 20:
                raise InfrastructureError(f"{response.url} is larger than {limit_mib} MiB")
            if done >> 20 != (done - len(piece)) >> 20:
                speed = (done - start) / max(time.monotonic() - began, 0.001)
                left_s = (total - done) / speed if total else None
                progress(StageProgress("source", done >> 20, total >> 20, "MiB", left_s))
    if total and done != total:
        raise TryAgain(f"the server sent {done} of {total} bytes")

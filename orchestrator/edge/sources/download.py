# SPDX-License-Identifier: GPL-2.0-only
"""Fetch a large file over HTTP: resumed, retried, limited in size, checked against a digest."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from orchestrator.edge.fingerprint import file_sha256
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Note, Progress, StageProgress

TIMEOUT_S = (10.0, 60.0)  # to connect, between two pieces
BACKOFF_S = (0.5, 2.0, 4.0)  # before the second try, the third, ...
LIMIT_MIB = 1024
_PIECE = 1 << 16  # what arrived of an unfinished piece is lost when a transfer breaks off
_TEXT_LIMIT = 4 << 20
_OFFLINE = "no network? --source tarball:PATH and --tree DIR need none"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_TRANSIENT = (429, 500, 502, 503, 504)

_T = TypeVar("_T")


class _TryAgain(Exception):
    """This attempt failed in a way that the next one may not."""


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

    return _tried(attempt, url, progress, backoff_s)


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
    _tried(lambda: _fill(url, part, limit_mib, progress), url, progress, backoff_s)
    got = file_sha256(part)
    if got != sha256:
        part.unlink()
        raise InfrastructureError(
            f"{url}: SHA-256 is {got[:16]}..., published is {sha256[:16]}...; removed it",
            "try again; if it stays wrong, do not trust this mirror",
        )
    part.rename(destination)


def _tried(
    attempt: Callable[[], _T], url: str, progress: Progress, backoff_s: tuple[float, ...]
) -> _T:
    for wait_s in (*backoff_s, None):
        try:
            return attempt()
        except (_TryAgain, requests.RequestException) as error:
            why = _in_words(error, url)
            if wait_s is None:
                raise InfrastructureError(why, _OFFLINE) from error
            progress(Note(f"{why}; trying again in {wait_s:g} s"))
            time.sleep(wait_s)
    raise AssertionError("the last round returns or raises")


def _in_words(error: Exception, url: str) -> str:
    host = urlsplit(url).netloc
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy does not let us reach {host}"
    if isinstance(error, requests.exceptions.SSLError):
        return f"cannot trust {host}: its TLS certificate was refused"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"{host} broke off while sending {url}"
    if isinstance(error, requests.exceptions.Timeout):
        return f"{host} does not answer in time"
    if isinstance(error, requests.exceptions.ConnectionError):
        return f"cannot reach {host}"
    return f"{url}: {error}"


def _get(url: str, headers: dict[str, str]) -> requests.Response:
    response = requests.get(
        url, headers={"Accept-Encoding": "identity", **headers}, stream=True, timeout=TIMEOUT_S
    )
    if response.status_code in (200, 206, 416):
        return response
    response.close()
    if response.status_code in _TRANSIENT:
        raise _TryAgain(f"the server answers {response.status_code} {response.reason}")
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
        raise _TryAgain("the server cannot resume; starting over")


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
        raise _TryAgain(f"the server sent {done} of {total} bytes")

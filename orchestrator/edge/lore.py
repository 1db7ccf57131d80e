# SPDX-License-Identifier: GPL-2.0-only
"""Patches from the web: threads of a public-inbox(7) archive such as lore, and single pages."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
import urllib3
from msgspec import Struct

from orchestrator import __version__
from orchestrator.config.patch_spec import message_id_of
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.http import BACKOFF_S, TIMEOUT_S, TRANSIENT, TryAgain, tried
from orchestrator.edge.store import Store
from orchestrator.mail.compressed import LIMIT_MIB, CutOff, too_large, unpack
from orchestrator.mail.html_page import is_html
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Note, Progress

DEFAULT_BASE = "https://lore.kernel.org"
FRESH_S = 3600.0  # a thread kept no longer than this is not asked for again
OFFLINE = "no network? save the mail or the thread's mbox elsewhere, and give the file"
_PIECE = 1 << 16


class Limits(Struct, frozen=True):
    """Of one fetch. total_s: for the whole of one attempt, however steadily it drips."""

    timeout_s: tuple[float, float] = TIMEOUT_S
    total_s: float = 300.0
    backoff_s: tuple[float, ...] = BACKOFF_S
    size_mib: int = LIMIT_MIB


def lore_base() -> str:
    """$ORCHESTRATE_LORE without a slash at its end, else DEFAULT_BASE."""
    return os.environ.get("ORCHESTRATE_LORE", "").rstrip("/") or DEFAULT_BASE


def own_message_id(url: str) -> str:
    """The message-id in a URL of lore_base()'s archive, "" if it is another's or names none."""
    base = lore_base()
    return message_id_of(url.removeprefix(base)) if url.startswith(f"{base}/") else ""


def thread(message_id: str, store: Store, progress: Progress, limits: Limits) -> bytes:
    """The mbox of a mail's whole thread, unpacked; from the store if it was fetched just now.

    Raises UsageError if the archive has no such mail, InfrastructureError if it can't be
    reached and the store has no older copy.
    """
    url = f"{lore_base()}/all/{quote(message_id, safe='@')}/t.mbox.gz"
    kept = store.folder("downloads") / f"thread-{digest(url)}.mbox"
    with store.lock(f"downloads/{kept.name}", progress):
        age_s = _age_s(kept)
        if age_s is not None and age_s < FRESH_S:
            return kept.read_bytes()
        try:
            data = tried(
                lambda: _thread(url, message_id, limits), url, progress, limits.backoff_s, OFFLINE
            )
        except InfrastructureError as error:
            if age_s is None:
                raise
            progress(Note(f"{error.message}; using the thread as of {age_s / 3600:.0f} h ago"))
            return kept.read_bytes()
        _keep(kept, data)
    return data


def page(url: str, progress: Progress, limits: Limits) -> bytes:
    """What is at a URL, unpacked if it is gzip. Raises as thread() does."""
    missing = UsageError(f"{url}: the server has no such page", "is the URL spelled right?")
    return tried(
        lambda: unpack(_get(url, missing, limits), url, limits.size_mib),
        url,
        progress,
        limits.backoff_s,
        OFFLINE,
    )


def _thread(url: str, message_id: str, limits: Limits) -> bytes:
    host = urlsplit(url).netloc
    missing = UsageError(
        f"{host} has no mail <{message_id}>", "is it spelled right, and on a public list?"
    )
    packed = _get(url, missing, limits)
    if is_html(packed):  # a page that wants a browser, a portal of a hotel
        raise InfrastructureError(
            f"{host} sends a web page instead of the thread's mbox",
            "open it in a browser, save the thread's mbox, and give the file",
        )
    try:
        return unpack(packed, url, limits.size_mib)
    except CutOff as error:
        raise TryAgain(str(error)) from error


def _get(url: str, missing: UsageError, limits: Limits) -> bytes:
    """One attempt."""
    ends = time.monotonic() + limits.total_s
    headers = {"Accept-Encoding": "identity", "User-Agent": f"orchestrate/{__version__}"}
    try:
        response = requests.get(url, headers=headers, stream=True, timeout=limits.timeout_s)
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        raise UsageError(f"{url}: not a URL that can be fetched", "is it spelled right?") from error
    with response:
        if response.status_code in TRANSIENT:
            host = urlsplit(url).netloc
            raise TryAgain(f"{host} answers {response.status_code} {response.reason}")
        if response.status_code in (404, 410):
            raise missing
        if response.status_code != 200:
            raise InfrastructureError(f"{url}: the server answers {response.status_code}", OFFLINE)
        return _body(response, url, ends, limits)


def _body(response: requests.Response, url: str, ends: float, limits: Limits) -> bytes:
    data = bytearray()
    while piece := _piece(response, url):
        data += piece
        if len(data) > limits.size_mib << 20:
            raise too_large(url, limits.size_mib)
        if time.monotonic() > ends:
            raise TryAgain(f"{urlsplit(url).netloc} is too slow: {limits.total_s:g} s passed")
    return bytes(data)


def _piece(response: requests.Response, url: str) -> bytes:
    """What has arrived, b"" at the end. iter_content() would wait for a piece to be full."""
    try:
        return response.raw.read1(_PIECE) or b""
    except urllib3.exceptions.ReadTimeoutError as error:
        raise TryAgain(f"{urlsplit(url).netloc} does not answer in time") from error
    except urllib3.exceptions.HTTPError as error:
        raise TryAgain(f"{urlsplit(url).netloc} broke off while sending {url}") from error


def _age_s(kept: Path) -> float | None:
    try:
        return max(0.0, time.time() - kept.stat().st_mtime)
    except FileNotFoundError:
        return None


def _keep(kept: Path, data: bytes) -> None:
    partial = kept.with_name(f".{kept.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        partial.rename(kept)
    finally:
        partial.unlink(missing_ok=True)

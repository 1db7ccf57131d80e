# SPDX-License-Identifier: GPL-2.0-only
"""A JSON body to a web address: signed, tried again, never sent on to another one."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from urllib.parse import urlsplit

import requests

from orchestrator import __version__
from orchestrator.edge.http import BACKOFF_S, TRANSIENT, TryAgain, tried
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Progress

TIMEOUT_S = (10.0, 30.0)  # to connect, for the answer
SIGNATURE = "X-Orchestrate-Signature-256"
KEY = "Idempotency-Key"
_HINT = "the receiver must answer 2xx; the same command sends it again"


def shown(url: str) -> str:
    """What messages may show of it: path, query and name often are a secret. UsageError if nothing
    can be sent there."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError("the webhook's URL cannot be used", "https://host/path, or http://")
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + (f":{port}" if port else "")


def read_secret(file: Path) -> bytes:
    """Without the line end that editors leave. UsageError if there is none."""
    try:
        secret = file.read_bytes().strip(b"\r\n")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", "--secret-file names a file") from error
    if not secret:
        raise UsageError(f"{file} is empty", "put the secret the receiver knows into it")
    return secret


def signature(body: bytes, secret: bytes) -> str:
    """Of the body's bytes: "sha256=" and the HMAC in hex."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def post(
    url: str,
    body: bytes,
    key: str,
    secret: bytes,
    progress: Progress,
    backoff_s: tuple[float, ...] = BACKOFF_S,
) -> None:
    """POST it. key: by which the receiver knows it, should it come twice. secret: b"" for none.

    Tried again after 5xx, 429, and where no answer came. InfrastructureError if it was not taken:
    a redirect is an answer like any other.
    """
    where = shown(url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"orchestrate/{__version__}",
        KEY: _ascii(key),
    }
    if secret:
        headers[SIGNATURE] = signature(body, secret)
    tried(lambda: _once(url, where, body, headers), where, progress, backoff_s, _HINT)


def _once(url: str, where: str, body: bytes, headers: dict[str, str]) -> None:
    """What libraries say of an error may hold the whole URL, so their words are not ours."""
    try:
        answer = requests.post(
            url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, stream=True
        )
    except (requests.ConnectionError, requests.Timeout):
        raise
    except (requests.RequestException, ValueError) as error:
        kind = type(error).__name__
        raise InfrastructureError(f"{where}: cannot be sent to ({kind})", _HINT) from None
    with answer:
        status = answer.status_code
    if status in TRANSIENT:
        raise TryAgain(f"it answered {status}")
    if not 200 <= status < 300:
        moved = ", a redirect, which is not followed" if 300 <= status < 400 else ""
        raise InfrastructureError(f"{where}: it answered {status}{moved}", _HINT)


def _ascii(text: str) -> str:
    """As a header can carry it."""
    if text.isascii() and text.isprintable() and text == text.strip() and text:
        return text
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

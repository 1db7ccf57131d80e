# SPDX-License-Identifier: GPL-2.0-only
"""What every HTTP request here has in common: time limits, retries, failures in words."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Note, Progress

TIMEOUT_S = (10.0, 60.0)  # to connect, between two pieces
BACKOFF_S = (0.5, 2.0, 4.0)  # before the second try, the third, ...
TRANSIENT = (429, 500, 502, 503, 504)

_T = TypeVar("_T")


class TryAgain(Exception):
    """This attempt failed in a way that the next one may not."""


def tried(
    attempt: Callable[[], _T], url: str, progress: Progress, backoff_s: tuple[float, ...], hint: str
) -> _T:
    """What attempt() gives, called again after each wait of backoff_s while it fails.

    Raises InfrastructureError, with the hint, when the last one failed, too.
    """
    for wait_s in (*backoff_s, None):
        try:
            return attempt()
        except (TryAgain, requests.RequestException) as error:
            why = in_words(error, url)
            if wait_s is None:
                raise InfrastructureError(why, hint) from error
            progress(Note(f"{why}; trying again in {wait_s:g} s"))
            time.sleep(wait_s)
    raise AssertionError("the last round returns or raises")


def in_words(error: Exception, url: str) -> str:
    """One line that says what went wrong with which host."""
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

# SPDX-License-Identifier: GPL-2.0-only
"""A webhook: signed, tried again, never led elsewhere; and nothing secret is ever told."""

from __future__ import annotations

import hashlib
import hmac
import socket
from pathlib import Path

import pytest
from receivers import hook

from orchestrator.edge import webhook
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import Note, ProgressEvent

AT_ONCE = (0.0, 0.0, 0.0)
BODY = b'{"event": "night"}'


def send(url: str, secret: bytes = b"", key: str = "night-2") -> list[str]:
    """What it said of its progress."""
    notes: list[str] = []

    def progress(event: ProgressEvent) -> None:
        assert isinstance(event, Note)
        notes.append(event.text)

    webhook.post(url, BODY, key, secret, progress, AT_ONCE)
    return notes


def test_it_arrives_once_with_its_key_and_no_signature() -> None:
    with hook() as taken:
        assert send(taken.url) == []
    ((headers, body),) = taken.got
    assert body == BODY
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "night-2"
    assert webhook.SIGNATURE not in headers


def test_it_is_signed_with_the_secret() -> None:
    with hook() as taken:
        send(taken.url, b"k")
    ((headers, body),) = taken.got
    wanted = hmac.new(b"k", body, hashlib.sha256).hexdigest()
    assert headers[webhook.SIGNATURE] == f"sha256={wanted}"
    assert webhook.signature(body + b" ", b"k") != headers[webhook.SIGNATURE]
    assert webhook.signature(body, b"l") != headers[webhook.SIGNATURE]


@pytest.mark.parametrize("failure", [500, 502, 503, 429, 0])
def test_a_receiver_that_fails_at_first_gets_it_in_the_end(failure: int) -> None:
    with hook(failure, failure, 200) as taken:
        notes = send(taken.url)
    assert len(taken.got) == 3 and len(notes) == 2
    assert len({headers["Idempotency-Key"] for headers, _ in taken.got}) == 1
    assert all(body == BODY for _, body in taken.got)


@pytest.mark.parametrize(("status", "times"), [(500, 4), (0, 4), (400, 1), (401, 1), (404, 1)])
def test_one_that_does_not_take_it_is_a_failure_of_ours(status: int, times: int) -> None:
    with hook(status) as taken, pytest.raises(InfrastructureError) as error:
        send(taken.url)
    assert len(taken.got) == times
    assert status == 0 or str(status) in error.value.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    refused = pytest.raises(InfrastructureError, match="a redirect, which is not followed")
    with hook() as other, hook(status, location=other.url) as taken, refused:
        send(taken.url, b"k")
    assert len(taken.got) == 1 and other.got == []


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InfrastructureError, match=f"cannot reach 127.0.0.1:{port}"):
        send(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("status", [200, 404, 500, 0])
def test_neither_path_nor_query_nor_secret_is_told(status: int) -> None:
    said: list[str] = []
    with hook(status) as taken:
        try:
            said += send(taken.url, b"s3cret-key")
        except InfrastructureError as error:
            said += [error.message, error.hint]
    assert "s3cret" not in " ".join(said)
    assert b"s3cret-key" not in taken.got[0][1]
    assert "s3cret-key" not in str(taken.got[0][0])


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://example.org/a/b?c=d", "https://example.org"),
        ("https://me:word@example.org:8443/x", "https://example.org:8443"),
        ("http://[::1]:80/x", "http://[::1]:80"),
    ],
)
def test_what_is_shown_of_a_url(url: str, told: str) -> None:
    assert webhook.shown(url) == told


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a/b", "file:///etc/passwd", "//a/b", "https://", "http://a:b/", "http://[x/"],
)
def test_where_nothing_can_be_sent(url: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        webhook.shown(url)


@pytest.mark.parametrize("key", ["", " a", "a\r\nX-Evil: b", "é", "a\x00b"])
def test_no_key_can_add_a_header(key: str) -> None:
    with hook() as taken:
        send(taken.url, key=key)
    headers = taken.got[0][0]
    assert "X-Evil" not in headers and len(headers["Idempotency-Key"]) == 64


def test_secrets_of_files(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b" k\xff \r\n")
    assert webhook.read_secret(file) == b" k\xff "
    for content in (b"", b"\n"):
        file.write_bytes(content)
        with pytest.raises(UsageError, match="is empty"):
            webhook.read_secret(file)
    with pytest.raises(UsageError, match="No such file"):
        webhook.read_secret(tmp_path / "none")

# SPDX-License-Identifier: GPL-2.0-only
"""Mails to a real server: whole, to those they are for, and told if it does not take them."""

from __future__ import annotations

import email
import shutil
import socket
import ssl
import subprocess
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from receivers import post_office

from orchestrator.edge import smtp
from orchestrator.model.errors import InfrastructureError, UsageError


def message(text: str = "all is well\n", to: str = "list@example.org") -> EmailMessage:
    made = EmailMessage(policy=policy.default)
    made["From"], made["To"], made["Subject"] = "orchestrate@localhost", to, "[orchestrate] m: Ö"
    made.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    return made


def test_it_arrives_as_it_was_written() -> None:
    text = "first\n.\n..two\nÖ 日本語\n"
    with post_office() as post:
        smtp.send(message(text, "a@example.org, b@example.org"), *smtp.server(post.place))
    ((sender, to, raw),) = post.got
    assert (sender, to) == ("orchestrate@localhost", ["a@example.org", "b@example.org"])
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert found.get_content().splitlines() == text.splitlines()
    assert found["Subject"] == "[orchestrate] m: Ö"


def test_a_recipient_it_does_not_know_is_told() -> None:
    to = "a@example.org, b@example.org"
    words = "does not take mail for b@example.org: 550 no such user"
    with post_office("b@example.org") as post, pytest.raises(InfrastructureError, match=words):
        smtp.send(message(to=to), *smtp.server(post.place))
    assert post.got[0][1] == ["a@example.org"]
    both, words = ("a@example.org", "b@example.org"), "550 no such user"
    with post_office(*both) as post, pytest.raises(InfrastructureError, match=words):
        smtp.send(message(to=to), *smtp.server(post.place))
    assert post.got == []


def test_a_server_that_does_not_take_it() -> None:
    words = "554 we have had enough"
    with post_office(answer=words) as post, pytest.raises(InfrastructureError, match=words):
        smtp.send(message(), *smtp.server(post.place))


def test_nobody_there_or_one_who_says_nothing() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        port = mute.getsockname()[1]
        with pytest.raises(InfrastructureError, match=f"mail server 127.0.0.1:{port}: .*refused"):
            smtp.send(message(), "127.0.0.1", port)
        mute.listen()
        with pytest.raises(InfrastructureError, match=f"mail server 127.0.0.1:{port}: "):
            smtp.send(message(), "127.0.0.1", port, timeout_s=0.2)


def elsewhere() -> str:
    """An address of this machine that is not the loopback's; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but the loopback's")
        return str(probe.getsockname()[0])


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_a_server_elsewhere_must_show_a_certificate_that_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, names = elsewhere(), [str(tmp_path / name) for name in ("key.pem", "cert.pem")]
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-keyout", names[0], "-out", names[1], "-subj", "/CN=mail"]
    words += ["-addext", f"subjectAltName=IP:{host}"]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(names[1], names[0])
    with post_office(host=host, tls=context) as post:
        with pytest.raises(InfrastructureError, match="its TLS certificate was refused"):
            smtp.send(message(), *smtp.server(post.place))
        assert post.got == []
        monkeypatch.setenv("SSL_CERT_FILE", names[1])
        smtp.send(message(), *smtp.server(post.place))
    assert len(post.got) == 1


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("localhost", "localhost", 25),
        ("mail.example.org:587", "mail.example.org", 587),
        ("[::1]", "::1", 25),
        ("[::1]:2525", "::1", 2525),
        ("127.0.0.1:1", "127.0.0.1", 1),
    ],
)
def test_servers(text: str, host: str, port: int) -> None:
    assert smtp.server(text) == (host, port)


@pytest.mark.parametrize("text", ["", ":25", "a:", "a:x", "a:0", "a:65536", "::1", "a: 25", " a"])
def test_what_names_no_server(text: str) -> None:
    with pytest.raises(UsageError, match="--smtp"):
        smtp.server(text)

# SPDX-License-Identifier: GPL-2.0-only
"""Real servers on this machine that take what is sent: one for webhooks, one for mails."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Hook:
    """answers: what the server says, in turn; the last one from then on. 0: it hangs up."""

    answers: list[int]
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    location: str = ""


@contextlib.contextmanager
def hook(*answers: int, location: str = "") -> Iterator[Hook]:
    """A web server for the time of the block."""
    taken = Hook(list(answers) or [204], location=location)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            taken.got.append((dict(self.headers), body))
            status = taken.answers.pop(0) if len(taken.answers) > 1 else taken.answers[0]
            if not status:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            if taken.location:
                self.send_header("Location", taken.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            taken.got.append((dict(self.headers), b"GET"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taken.url = f"http://127.0.0.1:{server.server_port}/hook/s3cret-path?token=s3cret-query"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Post:
    """refuses: the recipients it does not know. answer: to a mail's text."""

    refuses: tuple[str, ...] = ()
    answer: str = "250 taken"
    got: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    place: str = ""

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refuses:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.answer


@contextlib.contextmanager
def post_office(
    *refuses: str,
    answer: str = "250 taken",
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
) -> Iterator[Post]:
    """A mail server for the time of the block. tls: it insists on STARTTLS."""
    post = Post(refuses, answer)
    with socket.socket() as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    options = {"tls_context": tls, "require_starttls": True} if tls else {}
    controller = Controller(post, hostname=host, port=port, **options)
    controller.start()
    post.place = f"{host}:{port}"
    try:
        yield post
    finally:
        controller.stop()

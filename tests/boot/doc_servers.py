# SPDX-License-Identifier: GPL-2.0-only
"""Servers on loopback that commands of the documents speak to: mails, a webhook, an archive."""

from __future__ import annotations

import contextlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from running import TESTS

sys.path.append(str(TESTS / "edge" / "history"))
import receivers


class Servers(contextlib.ExitStack):
    """smtp: host:port; hook, lore: URLs. pages: path → what the archive has there."""

    def __enter__(self) -> Servers:
        self.pages: dict[str, bytes] = {}
        mail = self.enter_context(receivers.post_office())
        hook = self.enter_context(receivers.hook())
        self.mail, self.hooked = mail, hook
        self.smtp, self.hook = mail.place, hook.url
        self.lore = self._archive()
        return self

    def _archive(self) -> str:
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                data = pages.get(self.path)
                self.send_response(404 if data is None else 200)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.callback(server.server_close)
        self.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"

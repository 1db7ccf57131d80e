# SPDX-License-Identifier: GPL-2.0-only
"""A mirror of kernel.org with one release, a tree of four files, that sends it badly."""

from __future__ import annotations

import hashlib
import http.server
import io
import lzma
import os
import tarfile
import tempfile
import threading
import time
from pathlib import Path

from slow_tree import slow_tree

_FILLER = 400_000  # bytes that do not shrink, so that there is something to break off


def _tarball(release: str) -> bytes:
    data = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=data, mode="w") as archive:
        tree = slow_tree(Path(folder), "true")
        (tree / "filler").write_bytes(os.urandom(_FILLER))
        archive.add(tree, f"linux-{release}")
    return lzma.compress(data.getvalue(), preset=0)


class Mirror(http.server.ThreadingHTTPServer):
    """Serves until this program ends. stall_after: bytes after which nothing more comes;
    cut_after: after which it hangs up, each time; damaged: one byte is another one."""

    daemon_threads = True

    def __init__(
        self, release: str, stall_after: int = 0, cut_after: int = 0, damaged: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        name = f"linux-{release}.tar.xz"
        data = _tarball(release)
        sums = f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()
        if damaged:
            data = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
        top = f"/v{release.partition('.')[0]}.x"
        self.files = {f"{top}/{name}": data, f"{top}/sha256sums.asc": sums}
        self.stall_after = stall_after
        self.cut_after = cut_after
        self.base = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Mirror

    def log_message(self, *_args: object) -> None:
        pass

    def do_GET(self) -> None:
        data = self.server.files[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        short = self.server.stall_after or self.server.cut_after
        if not short or short > len(data):
            self.wfile.write(data)
            return
        self.wfile.write(data[:short])
        self.wfile.flush()
        if self.server.stall_after:
            time.sleep(1000)

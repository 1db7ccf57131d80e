# SPDX-License-Identifier: GPL-2.0-only
"""Downloads from a real HTTP server on this machine that misbehaves on demand."""

from __future__ import annotations

import hashlib
import http.server
import random
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trees

from orchestrator.config.source_spec import KernelOrg
from orchestrator.edge.sources import fetch
from orchestrator.edge.sources.download import fetch_file
from orchestrator.edge.sources.kernel_org import fetch_kernel_org, published_sha256
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.progress import ProgressEvent, StageProgress, silent

NAME = "linux-7.3.4.tar.xz"
NO_WAIT = (0.0, 0.0)
PIECE = 65536  # whole pieces of a broken transfer are kept


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; the other attributes say how badly."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []  # path, Range header
        self.break_after: list[int] = []  # bytes after which to hang up, one a request
        self.fail_with: list[int] = []  # status codes to answer, one a request
        self.ranges = True
        self.tell_length = True

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_args: object) -> None:
        pass

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.asked.append((self.path, wanted))
        data = self.server.files.get(self.path)
        if self.server.fail_with or data is None:
            self.send_error(self.server.fail_with.pop(0) if self.server.fail_with else 404)
            return
        start = int(re.sub(r"\D", "", wanted)) if wanted and self.server.ranges else 0
        if start and start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(data, start)

    def _send(self, data: bytes, start: int) -> None:
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if self.server.tell_length:
            self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        stop = self.server.break_after.pop(0) if self.server.break_after else len(data)
        self.wfile.write(data[start : start + stop])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("release")
    tree = trees.kernel_tree(folder / "t")
    (tree / "noise").write_bytes(random.Random(1).randbytes(300_000))
    return trees.tarball(tree, folder / NAME).read_bytes()


@pytest.fixture
def release(server: Server, packed: bytes) -> bytes:
    """A release on the server; its tarball's bytes."""
    server.files[f"/v7.x/{NAME}"] = packed
    _publish(server, hashlib.sha256(packed).hexdigest())
    return packed


def _publish(server: Server, sha256: str) -> None:
    sums = (
        f"-----BEGIN PGP SIGNED MESSAGE-----\n\n{sha256}  {NAME}\n-----BEGIN PGP SIGNATURE-----\n"
    )
    server.files["/v7.x/sha256sums.asc"] = sums.encode()


def _part(store: Store) -> Path:
    return store.folder("downloads") / "linux-7.3.4" / f"{NAME}.part"


def _fetch(server: Server, store: Store, backoff_s: tuple[float, ...] = NO_WAIT) -> Path:
    spec = KernelOrg("7.3.4")
    return fetch_kernel_org(spec, store, silent, base=server.base, backoff_s=backoff_s).path


def test_a_release_and_then_without_the_server(
    server: Server, release: bytes, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_KERNEL_ORG", server.base + "/")
    tree = fetch(KernelOrg("7.3.4"), store, silent)
    assert (tree.release, tree.origin) == ("7.3.4", "kernel.org:7.3.4")
    server.asked.clear()
    assert fetch(KernelOrg("7.3.4"), store, silent) == tree
    assert server.asked == []


def test_a_broken_transfer_is_resumed_where_it_ended(
    server: Server, release: bytes, store: Store
) -> None:
    server.break_after = [10_000, 100_000, 70_000]  # the first is for the checksums
    assert (_fetch(server, store) / "Makefile").is_file()
    ranges = [wanted for path, wanted in server.asked if path.endswith(".xz")]
    assert ranges == ["", f"bytes={PIECE}-", f"bytes={2 * PIECE}-"]


def test_a_later_run_resumes_too(server: Server, release: bytes, store: Store) -> None:
    server.break_after = [10_000, 100_000]
    with pytest.raises(InfrastructureError, match="broke off"):
        _fetch(server, store, backoff_s=())
    assert _part(store).read_bytes() == release[:PIECE]
    _fetch(server, store, backoff_s=())
    assert server.asked[-1][1] == f"bytes={PIECE}-"


def test_a_server_without_range_starts_over(server: Server, release: bytes, store: Store) -> None:
    server.ranges = False
    server.break_after = [10_000, 100_000]
    _fetch(server, store)
    assert [wanted for _, wanted in server.asked][1:] == ["", f"bytes={PIECE}-"]


@pytest.mark.parametrize("extra", [b"", b"too long"])
def test_a_part_that_is_whole_or_too_long(
    server: Server, release: bytes, store: Store, extra: bytes
) -> None:
    _part(store).parent.mkdir()
    _part(store).write_bytes(release + extra)
    assert (_fetch(server, store) / "Makefile").is_file()


def test_a_short_answer_without_a_length_is_found_out(
    server: Server, release: bytes, store: Store
) -> None:
    server.tell_length = False
    server.break_after = [10_000, 100_000]
    with pytest.raises(InfrastructureError, match="SHA-256"):
        _fetch(server, store)


def test_a_wrong_digest_is_refused_and_removed(
    server: Server, release: bytes, store: Store
) -> None:
    _publish(server, "0" * 64)
    with pytest.raises(InfrastructureError, match="removed it") as caught:
        _fetch(server, store)
    assert "do not trust" in caught.value.hint
    assert list(_part(store).parent.iterdir()) == []
    assert list(store.folder("trees").iterdir()) == []


def test_what_the_server_lacks_is_no_network_problem(
    server: Server, release: bytes, store: Store
) -> None:
    del server.files[f"/v7.x/{NAME}"]
    with pytest.raises(UsageError, match="no such file"):
        _fetch(server, store)
    assert len(server.asked) == 2  # not tried again


def test_a_release_that_was_never_published(server: Server, release: bytes, store: Store) -> None:
    with pytest.raises(UsageError) as caught:
        fetch_kernel_org(KernelOrg("7.3.9"), store, silent, base=server.base)
    assert "7.3.4" in caught.value.hint


def test_a_busy_server_is_asked_again(server: Server, release: bytes, store: Store) -> None:
    server.fail_with = [503, 429]
    assert (_fetch(server, store) / "Makefile").is_file()
    server.fail_with = [403]
    with pytest.raises(InfrastructureError, match="403"):
        fetch_file(server.base + "/x", _part(store), "0" * 64, silent, backoff_s=NO_WAIT)
    assert server.fail_with == []


def test_no_server_at_all(server: Server, store: Store) -> None:
    base = "http://127.0.0.1:1"
    with pytest.raises(InfrastructureError) as caught:
        fetch_kernel_org(KernelOrg("7.3.4"), store, silent, base=base, backoff_s=NO_WAIT)
    assert caught.value.message == "cannot reach 127.0.0.1:1"
    assert "--tree DIR" in caught.value.hint


@pytest.mark.parametrize("told", [True, False])
def test_more_than_the_limit_is_refused(server: Server, tmp_path: Path, told: bool) -> None:
    server.tell_length = told
    server.files["/big"] = b"x" * (3 << 20)
    with pytest.raises(InfrastructureError, match="larger than 2 MiB"):
        fetch_file(server.base + "/big", tmp_path / "big", "0" * 64, silent, limit_mib=2)
    assert not (tmp_path / "big").exists()


def test_progress_in_mib(server: Server, tmp_path: Path) -> None:
    data = b"x" * (3 << 20)
    server.files["/big"] = data
    events: list[ProgressEvent] = []
    digest = hashlib.sha256(data).hexdigest()
    fetch_file(server.base + "/big", tmp_path / "big", digest, events.append)
    last = events[-1]
    assert isinstance(last, StageProgress)
    assert (last.done, last.total, last.unit) == (3, 3, "MiB")


def test_the_newest_of_the_series_is_offered() -> None:
    sums = "".join(
        f"{'a' * 64}  linux-7.1.{n}.tar.xz\n{'b' * 64}  patch-7.1.{n}.xz\n" for n in (9, 10)
    )
    assert published_sha256(sums, "linux-7.1.9.tar.xz") == "a" * 64
    with pytest.raises(UsageError) as caught:
        published_sha256(sums, "linux-7.1.99.tar.xz")
    assert caught.value.hint.endswith("linux-7.1.10")

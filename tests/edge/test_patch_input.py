# SPDX-License-Identifier: GPL-2.0-only
"""--patch from everywhere: files, pipes, a server that acts as lore, commits."""

from __future__ import annotations

import gzip
import io
import os
import pty
import socket
import sys
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import trees
from lore_server import Server, content, dripping, moved, status

from orchestrator.config.patch_spec import (
    CommitRange,
    LoreMail,
    PatchFile,
    StandardInput,
    WebPage,
    parse_patch_spec,
)
from orchestrator.edge.lore import FRESH_S, Limits
from orchestrator.edge.patch_input import read_patches
from orchestrator.edge.store import Store
from orchestrator.model.errors import InfrastructureError, PatchBroken, UsageError
from orchestrator.model.patch import PatchSeries
from orchestrator.model.progress import Note, ProgressEvent, silent

DIFF = "--- a/kernel/kthread.c\n+++ b/kernel/kthread.c\n@@ -1,2 +1,2 @@\n-line 1\n+one\n line 2\n"
LIMITS = Limits(timeout_s=(0.2, 0.2), total_s=5.0, backoff_s=(0.01, 0.01), size_mib=1)
ID = "2026-a/b@x.org"
THREAD = "/all/2026-a%2Fb@x.org/t.mbox.gz"


def mbox(*subjects: str) -> bytes:
    mails = []
    for number, subject in enumerate(subjects):
        message = EmailMessage()
        message["From"], message["Subject"] = "Ann <ann@example.org>", subject
        message["Message-ID"] = f"<{ID}>" if not number else f"<{number}@x.org>"
        message.set_content(f"Why.\n---\n\n{DIFF}")
        mails.append(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + message.as_bytes())
    return b"\n".join(mails)


GOOD = gzip.compress(mbox("[PATCH 2/2] b", "[PATCH 1/2] a"))


@pytest.fixture
def lore(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    monkeypatch.setenv("ORCHESTRATE_LORE", server.base + "/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield server
    server.close()


def ask(store: Store, limits: Limits = LIMITS) -> PatchSeries:
    return read_patches(LoreMail(ID), None, store, silent, limits)


def titles(series: PatchSeries) -> list[str]:
    return [patch.name for patch in series.patches]


def test_a_file(tmp_path: Path, store: Store) -> None:
    (tmp_path / "x.patch").write_text(DIFF)
    series = read_patches(PatchFile(tmp_path / "x.patch"), None, store, silent)
    assert (titles(series), series.origin) == (["x.patch"], str(tmp_path / "x.patch"))
    assert series.patches[0].diff == DIFF
    with pytest.raises(UsageError, match="No such file"):
        read_patches(PatchFile(tmp_path / "y.patch"), None, store, silent)


def test_a_pipe_as_a_file(tmp_path: Path, store: Store) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(DIFF,))
    writer.start()
    spec = parse_patch_spec(str(pipe))
    assert read_patches(spec, None, store, silent).patches[0].diff == DIFF
    writer.join()


def test_standard_input(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DIFF.encode())))
    series = read_patches(StandardInput(), None, store, silent)
    assert (series.origin, series.patches[0].diff) == ("standard input", DIFF)


def test_standard_input_is_a_terminal(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        with pytest.raises(UsageError, match="is a terminal"):
            read_patches(StandardInput(), None, store, silent)


def test_a_thread(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [content(GOOD)]
    assert titles(ask(store)) == ["a", "b"]
    assert titles(ask(store)) == ["a", "b"]
    assert lore.asked == [THREAD]  # the second came from the store
    url = f"{lore.base}/linux-mm/{THREAD.split('/')[2]}/T/#u"
    assert titles(read_patches(WebPage(url), None, store, silent, LIMITS)) == ["a", "b"]
    assert len(lore.asked) == 1


def test_an_older_copy_is_asked_for_again(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [content(GOOD), status(503)]
    ask(store)
    (kept,) = store.folder("downloads").iterdir()
    old = time.time() - 2 * FRESH_S
    os.utime(kept, (old, old))
    events: list[ProgressEvent] = []
    series = read_patches(LoreMail(ID), None, store, events.append, LIMITS)
    assert titles(series) == ["a", "b"]
    said = [event.text for event in events if isinstance(event, Note)]
    assert "using the thread as of 2 h ago" in said[-1]
    lore.answers[THREAD] = [content(gzip.compress(mbox("[PATCH v2] new")))]
    assert titles(ask(store)) == ["new"]


def test_no_such_mail(lore: Server, store: Store) -> None:
    with pytest.raises(UsageError, match=f"has no mail <{ID}>"):
        ask(store)
    assert len(lore.asked) == 1  # a 404 is an answer, no reason to try again
    assert list(store.folder("downloads").iterdir()) == []


def test_a_server_that_recovers(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [status(500), content(GOOD)]
    assert titles(ask(store)) == ["a", "b"]
    assert len(lore.asked) == 2


def test_a_server_that_does_not(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [status(502)]
    with pytest.raises(InfrastructureError, match="answers 502 Bad Gateway") as caught:
        ask(store)
    assert "give the file" in caught.value.hint
    assert len(lore.asked) == 3
    lore.answers[THREAD] = [status(403)]
    with pytest.raises(InfrastructureError, match="answers 403"):
        ask(store)
    assert len(lore.asked) == 4


def test_a_silent_server(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [lambda _: time.sleep(0.3)]
    limits = Limits(timeout_s=(0.1, 0.1), backoff_s=())
    with pytest.raises(InfrastructureError, match="does not answer in time"):
        ask(store, limits)


def test_a_server_that_drips(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [dripping(GOOD, lambda: time.sleep(0.02))]
    began = time.monotonic()
    with pytest.raises(InfrastructureError, match=r"is too slow: 0\.1 s passed"):
        ask(store, Limits(timeout_s=(0.5, 0.5), total_s=0.1, backoff_s=()))
    assert time.monotonic() - began < 1.0


def test_too_much(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [content(bytes(3 << 20))]
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        ask(store)
    lore.answers[THREAD] = [content(gzip.compress(bytes(5 << 20), 1))]
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        ask(store)
    assert list(store.folder("downloads").iterdir()) == []


@pytest.mark.parametrize("promised", [None, len(GOOD)], ids=["wrong length", "cut connection"])
def test_a_cut_answer(lore: Server, store: Store, promised: int | None) -> None:
    lore.answers[THREAD] = [content(GOOD[:-30], promised), content(GOOD)]
    assert titles(ask(store)) == ["a", "b"]
    assert len(lore.asked) == 2


def test_a_cut_answer_again_and_again(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [content(GOOD[:-30], len(GOOD))]
    with pytest.raises(InfrastructureError, match="broke off"):
        ask(store)
    assert list(store.folder("downloads").iterdir()) == []


def test_a_page_that_wants_a_browser(lore: Server, store: Store) -> None:
    lore.answers[THREAD] = [content(b"<!doctype html><title>Are you a bot?</title>")]
    with pytest.raises(InfrastructureError, match="sends a web page instead"):
        ask(store)


def test_nobody_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as held:  # bound, but not listening: refused
        held.bind(("127.0.0.1", 0))
        monkeypatch.setenv("ORCHESTRATE_LORE", f"http://127.0.0.1:{held.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with pytest.raises(InfrastructureError, match="cannot reach 127") as caught:
            ask(store)
    assert caught.value.hint.startswith("no network? save the mail")


def test_a_page(lore: Server, store: Store) -> None:
    lore.answers["/lists/1"] = [moved(f"{lore.base}/lists/2")]
    shown = DIFF.replace("+", "&#43;")
    lore.answers["/lists/2"] = [
        content(f"<html><h1>[PATCH] page</h1>From: A<br><pre>\n{shown}</pre>next</html>".encode())
    ]
    series = read_patches(WebPage(f"{lore.base}/lists/1"), None, store, silent, LIMITS)
    assert (titles(series), series.patches[0].diff) == (["page"], DIFF)
    with pytest.raises(UsageError, match="no such page"):
        read_patches(WebPage(f"{lore.base}/gone"), None, store, silent, LIMITS)
    with pytest.raises(UsageError, match="not a URL"):
        read_patches(WebPage("http://[::1/x"), None, store, silent, LIMITS)


def test_one_raw_mail(lore: Server, store: Store) -> None:
    lore.answers["/all/1@x.org/raw"] = [content(mbox("[PATCH 1/2] a"))]
    spec = parse_patch_spec(f"{lore.base}/all/1@x.org/raw")
    assert titles(read_patches(spec, None, store, silent, LIMITS)) == ["a"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """v7.3.4, three commits, one of them of bytes in no charset, and a merge."""
    folder = trees.repository(tmp_path_factory.mktemp("git") / "linux")
    file = folder / "kernel/kthread.c"
    for number in (1, 2):
        file.write_bytes(file.read_bytes() + b"caf\xe9 %d\r\n" % number)
        trees.git(folder, "commit", "--quiet", "--all", f"--message=[PATCH v9 1/4] change {number}")
    trees.git(folder, "checkout", "--quiet", "-b", "side", "HEAD~1")
    (folder / "new file").write_text("x\n")
    trees.git(folder, "add", ".")
    trees.git(folder, "commit", "--quiet", "--message=side")
    trees.git(folder, "checkout", "--quiet", "main")
    trees.git(folder, "merge", "--quiet", "--no-edit", "side")
    trees.git(folder, "config", "diff.noprefix", "true")
    trees.git(folder, "config", "format.coverLetter", "true")
    trees.git(folder, "config", "format.attach", "true")
    return folder


def test_a_range_of_commits(repository: Path, store: Store) -> None:
    (repository / "Kbuild").write_text("# dirty\n")
    before = trees.state(repository)
    events: list[ProgressEvent] = []
    series = read_patches(CommitRange("v7.3.4", "HEAD"), repository, store, events.append)
    assert sorted(titles(series)) == [
        "[PATCH v9 1/4] change 1",
        "[PATCH v9 1/4] change 2",
        "side",
    ]
    assert [patch.number for patch in series.patches] == [1, 2, 3]
    assert b"+caf\xe9 1\r\n" in series.patches[0].diff.encode("utf-8", "surrogateescape")
    assert series.patches[0].diff.startswith("diff --git a/kernel/kthread.c b/kernel/kthread.c\n")
    assert events == [Note("git:v7.3.4..HEAD: 1 merges in the range give no patch")]
    assert trees.state(repository) == before


def test_a_commit(repository: Path, store: Store) -> None:
    series = read_patches(parse_patch_spec("git:side"), repository, store, silent)
    (patch,) = series.patches
    assert (patch.name, patch.author, series.origin) == ("side", "T <t@example.org>", "git:side")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("git:HEAD", "HEAD is a merge"),
        ("git:nope", "no commit 'nope'"),
        ("v7.3.4..nope", "no commit 'nope'"),
        ("HEAD..v7.3.4", "no commit in that range"),
    ],
)
def test_wrong_ranges(repository: Path, store: Store, spec: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_patches(parse_patch_spec(spec), repository, store, silent)
    assert said in caught.value.message and caught.value.hint


def test_a_range_of_nothing(tmp_path: Path, store: Store) -> None:
    with pytest.raises(UsageError, match="commits of which tree"):
        read_patches(CommitRange("a", "b"), None, store, silent)
    with pytest.raises(UsageError, match="is no git checkout"):
        read_patches(CommitRange("a", "b"), trees.kernel_tree(tmp_path / "t"), store, silent)


def test_what_is_no_patch(tmp_path: Path, store: Store) -> None:
    (tmp_path / "README").write_text("hello\n")
    with pytest.raises(PatchBroken, match="no diff in it"):
        read_patches(PatchFile(tmp_path / "README"), None, store, silent)

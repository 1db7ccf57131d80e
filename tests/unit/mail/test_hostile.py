# SPDX-License-Identifier: GPL-2.0-only
"""Mails nobody should send: they are read as far as they make sense or refused, and soon."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator

import pytest

from orchestrator.mail import read
from orchestrator.mail.compressed import LIMIT_MIB
from orchestrator.mail.read import read_series
from orchestrator.model.errors import PatchBroken, UsageError

DIFF = b"--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n"
HEAD = b"From: A <a@example.org>\nSubject: [PATCH] x\nMessage-ID: <1@x>\n"
SOON_S = 5.0


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    began_s = time.process_time()
    yield
    assert time.process_time() - began_s < SOON_S  # of ours, not of a busy host's


def nested(depth: int) -> bytes:
    """Multipart in multipart, depth times, with a patch in the innermost."""
    parts = [HEAD]
    for level in range(depth):
        parts.append(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level))
    parts.append(b"Content-Type: text/plain\n\n" + DIFF)
    parts += [b"\n--b%d--\n" % level for level in reversed(range(depth))]
    return b"".join(parts)


def test_a_patch_in_some_parts_is_found() -> None:
    """So that what follows is refused for its depth, and not for its form."""
    assert "+b" in read_series(nested(5), "mbox").patches[0].diff


@pytest.mark.parametrize("depth", [100, 2000])
def test_parts_without_end_are_not_followed(depth: int) -> None:
    with pytest.raises(PatchBroken, match="no diff"):
        read_series(nested(depth), "mbox")


@pytest.mark.parametrize("depth", [60, 200, 300, 2000])
def test_mails_in_mails_without_end(depth: int) -> None:
    mail = HEAD + b"\n" + DIFF
    for _ in range(depth):
        mail = HEAD + b"Content-Type: message/rfc822\n\n" + mail
    with pytest.raises(PatchBroken):
        read_series(mail, "mbox")


def test_more_than_any_mailbox() -> None:
    with pytest.raises(UsageError, match=f"larger than {LIMIT_MIB} MiB"):
        read_series(b"x" * ((LIMIT_MIB << 20) + 1), "mbox")


def test_a_small_file_that_unpacks_to_a_large_one() -> None:
    bomb = gzip.compress(bytes(LIMIT_MIB + 1 << 20), 6)
    assert len(bomb) < 1 << 20
    with pytest.raises(UsageError, match=f"larger than {LIMIT_MIB} MiB"):
        read_series(bomb, "mbox")


def test_more_mails_than_any_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "_MOST_MAILS", 100)
    one = b"From a@example.org Thu Jan  1 00:00:00 1970\n" + HEAD + b"\ntext\n\n"
    with pytest.raises(UsageError, match="holds 101 mails"):
        read_series(one * 101, "mbox")


def test_zeros_do_not_hide_what_is_added() -> None:
    mail = HEAD + b"\nWhy.\n---\n" + DIFF.replace(b"+b", b"+b\0c")
    (patch,) = read_series(mail, "mbox").patches
    assert "+b\0c" in patch.diff
    assert "\0" not in patch.subject + patch.name + patch.body


def test_a_header_of_megabytes() -> None:
    mail = HEAD + b"X: " + b"=?utf-8?q?" * 400_000 + b"\n\n" + DIFF
    assert "+b" in read_series(mail, "mbox").patches[0].diff

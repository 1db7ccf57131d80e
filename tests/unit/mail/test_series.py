# SPDX-License-Identifier: GPL-2.0-only
"""Which of many mails are the series that is meant."""

from __future__ import annotations

import contextlib
import random
import socket
import sys
from collections.abc import Iterator

import pytest
from mails import TEXT, diff, mail, mbox, patch, read, reply

from orchestrator.model.errors import PatchBroken

COVER = mail("[PATCH 0/2] numa: both", "Why all this.\n-- \n2.39\n", "cover@x")
FIRST = patch("[PATCH 1/2] first", 1, "one@x", "cover@x")
SECOND = patch("[PATCH 2/2] second", 2, "two@x", "cover@x")
ACK = "Acked-by: Rita Reviewer <rita@example.org>"
TESTED = "Tested-by: Rita Reviewer <rita@example.org>"


def refused(data: bytes, wanted: str = "") -> str:
    with pytest.raises(PatchBroken) as caught:
        read(data, wanted)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("seed", range(4))
def test_order_and_cover_letter(seed: int) -> None:
    mails = [COVER, FIRST, SECOND]
    random.Random(seed).shuffle(mails)
    series = read(mbox(*mails))
    assert [one.subject for one in series.patches] == ["first", "second"]
    assert [(one.number, one.total, one.version) for one in series.patches] == [
        (1, 2, 1),
        (2, 2, 1),
    ]
    assert series.cover == "numa: both\n\nWhy all this."
    assert (series.notes, series.origin) == ((), "given")


def test_ten_patches_sort_by_number() -> None:
    mails = [patch(f"[PATCH {n:02}/12] p{n}", n) for n in (10, 2, 1, 12, 11, 3, 4, 9, 8, 7, 6, 5)]
    assert [one.number for one in read(mbox(*mails)).patches] == list(range(1, 13))
    assert [one.diff.strip() for one in read(mbox(*mails)).patches][9] == diff(10).strip()


def test_a_missing_patch_is_named() -> None:
    last = patch("[PATCH 4/4] d", 4)
    said = refused(mbox(patch("[PATCH 1/4] a", 1), patch("[PATCH 3/4] c", 3), last))
    assert said == "given: patch 2 of 4 is missing"


def test_several_missing() -> None:
    said = refused(mbox(patch("[PATCH v2 1/4] a", 1), patch("[PATCH v2 4/4] d", 4)))
    assert said == "given: v2, patches 2, 3 of 4 are missing"


def test_the_one_asked_for_needs_its_series() -> None:
    assert read(mbox(COVER, FIRST)).notes  # a file with one patch: taken alone, and said
    assert refused(mbox(COVER, FIRST), wanted="one@x").endswith("patch 2 of 2 is missing")


def test_trailers_from_replies() -> None:
    replies = (
        reply("one@x", f"Nice.\n\n{ACK}\n"),
        reply("cover@x", "For all:\nTested-by: Rita Reviewer <rita@example.org>\n"),
        reply("two@x", "Reviewed-by: Somebody Else <else@example.com>\n"),  # not hers to give
    )
    first, second = read(mbox(COVER, FIRST, SECOND, *replies)).patches
    assert first.trailers == ("Signed-off-by: Ann Author <ann@example.org>", ACK, TESTED)
    assert second.trailers == ("Signed-off-by: Ann Author <ann@example.org>", TESTED)
    assert first.notes == ("2 trailers from replies",)


def test_trailers_for_a_patch_alone() -> None:
    alone = patch("[PATCH] alone", 1, "one@x")
    (found,) = read(mbox(alone, reply("one@x", ACK + "\n"))).patches
    assert found.trailers[1:] == (ACK,)


def test_the_highest_whole_version() -> None:
    newer = [patch(f"[PATCH v{v} {n}/2] new", 10 * v + n) for v, n in ((2, 1), (2, 2), (3, 2))]
    series = read(mbox(FIRST, SECOND, *newer))
    assert [one.version for one in series.patches] == [2, 2]
    assert series.notes == (
        "left out: v3, patch 1 of 2 is missing",
        "left out: v1, older",
    )


def test_trailers_of_an_unchanged_patch_carry_over() -> None:
    again = [patch("[PATCH v2 1/2] first", 1, "n1@x"), patch("[PATCH v2 2/2] second", 9, "n2@x")]
    given = reply("one@x", ACK + "\n"), reply("two@x", ACK + "\n\n")
    first, second = read(mbox(FIRST, SECOND, *given, *again)).patches
    assert first.trailers[1:] == (ACK,)
    assert second.trailers[1:] == ()  # its diff is another now


def test_a_partial_reroll() -> None:
    series = read(mbox(FIRST, SECOND, patch("[PATCH v2 2/2] second", 7, "new@x", "two@x")))
    assert [one.diff.strip() for one in series.patches] == [diff(1).strip(), diff(7).strip()]
    assert "v2 replaces part of v1; the rest is taken from it" in series.notes


def test_the_same_mail_twice() -> None:
    series = read(mbox(FIRST, SECOND, FIRST, patch("[PATCH 1/2] first", 1, "resent@x")))
    assert [one.subject for one in series.patches] == ["first", "second"]


def test_two_patches_for_one_place() -> None:
    said = refused(mbox(FIRST, SECOND, patch("[PATCH 1/2] rival", 5, "rival@x")))
    assert said == "given: two different patches 1/2 (“first”, “rival”)"


def test_two_series_in_one_thread() -> None:
    other = [patch(f"[PATCH {n}/3] o{n}", 20 + n, f"o{n}@x", "two@x") for n in (1, 2, 3)]
    data = mbox(COVER, FIRST, SECOND, *other)
    assert refused(data) == "given: two series, v1 of 2 and of 3 patches"
    assert [one.subject for one in read(data, "o2@x").patches] == ["o1", "o2", "o3"]
    assert [one.subject for one in read(data, "cover@x").patches] == ["first", "second"]


def test_a_fix_proposed_in_the_thread() -> None:
    fix = patch("[PATCH] a fix on top", 30, "fix@x", "two@x")
    data = mbox(COVER, FIRST, SECOND, fix)
    series = read(data)
    assert [one.subject for one in series.patches] == ["first", "second"]
    assert series.notes == ("left out: a fix on top",)
    assert [one.subject for one in read(data, "fix@x").patches] == ["a fix on top"]


def test_patches_without_numbers_stay_in_order() -> None:
    series = read(mbox(*(patch(f"[PATCH] {name}", n) for n, name in enumerate("bca"))))
    assert [(one.subject, one.number, one.total) for one in series.patches] == [
        ("b", 1, 3),
        ("c", 2, 3),
        ("a", 3, 3),
    ]


def test_versions_of_one_patch() -> None:
    series = read(mbox(patch("[PATCH v2] x", 2), patch("[PATCH] x", 1), patch("[RFC v3] x", 3)))
    assert [one.diff.strip() for one in series.patches] == [diff(3).strip()]
    assert series.notes == ("left out: v2 of x", "left out: v1 of x")
    assert "two different patches" in refused(mbox(patch("[PATCH] x", 1), patch("[PATCH] x", 2)))


def test_a_rejected_reply_with_a_diff_is_not_applied() -> None:
    quoting = reply("one@x", TEXT + diff(66))
    assert len(read(mbox(FIRST, SECOND, quoting)).patches) == 2


def test_b4_starts_nothing_and_reaches_nobody() -> None:
    data = mbox(COVER, FIRST, SECOND, patch("[PATCH v2 2/2] second", 7, "new@x", "two@x"))
    with audited() as events:
        read(data)
    assert events == []
    with audited() as events, socket.socket() as probe:
        probe.connect_ex(("127.0.0.1", 9))
    assert events == ["socket.connect"]  # so the hook does see what it should


_WATCHED = ("subprocess.Popen", "os.posix_spawn", "os.fork", "socket.connect", "socket.getaddrinfo")
_sinks: list[list[str]] = []
sys.addaudithook(lambda event, _: [s.append(event) for s in _sinks if event in _WATCHED] and None)


@contextlib.contextmanager
def audited() -> Iterator[list[str]]:
    """What is started or connected to meanwhile."""
    _sinks.append([])
    try:
        yield _sinks[-1]
    finally:
        _sinks.clear()

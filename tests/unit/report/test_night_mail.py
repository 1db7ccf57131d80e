# SPDX-License-Identifier: GPL-2.0-only
"""The mail: what kernel lists take, and nothing that a name could add to it."""

from __future__ import annotations

import email
from email import policy
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sample_nights import (
    FIX,
    HOSTILE,
    all_sorts,
    green,
    hostile,
    judged,
    new_failure,
    night,
    nights,
    red,
    standing,
)

from orchestrator.model.errors import UsageError
from orchestrator.model.night import Change
from orchestrator.model.night_told import Proof, ToldNight, tell
from orchestrator.model.standing import JudgedNight
from orchestrator.model.verdict import EvidenceLine, Fault, Finding, Verdict
from orchestrator.report.night_mail import address, night_mail

HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
}  # fmt: skip


def received(told: ToldNight, **options: Any) -> EmailMessage:
    """As a reader has it, from its bytes."""
    raw = night_mail(told, ["list@example.org"], **options).as_bytes(policy=policy.SMTP)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def body(told: ToldNight) -> list[str]:
    content: str = received(told).get_content()
    return content.splitlines()


@pytest.mark.parametrize("name", nights())
def test_it_is_one_plain_text_with_these_headers(name: str) -> None:
    message = received(nights()[name])
    assert set(message.keys()) == HEADERS
    assert not any(message[name].defects for name in HEADERS - {"MIME-Version"})
    assert message.get_content_type() == "text/plain"
    assert not message.is_multipart()
    assert message["To"] == "list@example.org"
    assert len(message["Subject"].splitlines()) == 1


@pytest.mark.parametrize("name", [name for name in nights() if name != "hostile"])
def test_no_line_is_wider_than_72(name: str) -> None:
    lines = body(nights()[name])
    assert [line for line in lines if len(line) > 72] == []
    assert received(nights()[name])["Content-Transfer-Encoding"] == "7bit"


def test_what_changed_comes_first_and_each_sort_once() -> None:
    lines = body(tell(all_sorts()))
    heads = [above for above, line in pairwise(lines) if set(line) == {"-"}]
    assert [head.split(":")[0].split(",")[0] for head in heads] == [
        "New failures", "Flaky", "Slower", "Fixed", "Still failing", "Quarantined",
        "Known issues", "Not run",
    ]  # fmt: skip
    text = "\n".join(lines)
    assert "failed in 3 of 20 runs, 5 to 36 %" in text
    assert "1.52 s, before 0.76 s: 2 times, 1.8 to 2.3, p = 0.001" in text
    assert "until 2027-01-31 by who@example.org: reported, fix queued" in text
    assert "Note: quarantine.toml:4: the entry is over since 2026-11-20" in text
    assert "since the night of 2026-11-24 22:00 UTC" in text


def test_a_green_night_says_so_and_a_red_one_does_not() -> None:
    assert "All cells that were run are green." in body(tell(green()))
    assert "All cells that were run are green." not in body(tell(new_failure()))


def proven() -> ToldNight:
    evidence = (
        EvidenceLine("dmesg.log", 7, "    # one: EXPECTATION FAILED at kmod/orch_create_test.c:81"),
        EvidenceLine("dmesg.log", 8, "    Expected " + "node == asked, but " * 6),
    )
    finding = Finding("ktap", Verdict.FAIL, Fault.KERNEL, "s.one failed", evidence)
    command = ("orchestrate", "nightly", "run", "a b.toml", "--tier", "quick", "--budget", "30m")
    proof = Proof((finding,), (*command, "--run-dir", "/somewhere/long/enough"), "/r/replay.sh")
    given = new_failure()
    return tell(given, None, {given.attempts[2].id: proof})


def test_evidence_and_how_to_see_it_again() -> None:
    lines = body(proven())
    assert "    # one: EXPECTATION FAILED at kmod/orch_create_test.c:81" in lines
    assert "    sh /r/replay.sh" in lines
    at = lines.index("    orchestrate nightly run 'a b.toml' --tier quick --budget 30m \\")
    assert lines[at + 1] == "        --run-dir /somewhere/long/enough"
    assert max(map(len, lines)) <= 72
    assert lines.count("To see it again") == 1
    assert "    sh /r/replay.sh" not in body(tell(new_failure()))


def test_the_same_night_is_the_same_mail_and_nights_are_a_thread() -> None:
    first, again = received(tell(new_failure())), received(tell(new_failure()))
    assert first.as_bytes() == again.as_bytes()
    earlier = received(tell(replace(green(), night=night("night-1"), previous=None)))
    assert first["In-Reply-To"] == earlier["Message-ID"] != first["Message-ID"]
    root, last = first["References"].split()
    assert (root, last) == (earlier["References"], earlier["Message-ID"])
    other = received(tell(replace(green(), night=night(matrix="other"))))
    assert other["References"].split()[0] != root
    assert str(first["Date"]) == "Wed, 25 Nov 2026 23:10:00 +0000"


def test_hostile_names_add_neither_header_nor_recipient_nor_escape() -> None:
    raw = night_mail(tell(hostile()), ["list@example.org"]).as_bytes(policy=policy.SMTP)
    head, _, text = raw.partition(b"\r\n\r\n")
    starts = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert {start.decode() for start in starts} == HEADERS
    assert len(starts) == len(HEADERS)
    assert b"\x1b" not in raw and b"\n.\r" not in text and b"\nBcc" not in raw
    lines = body(tell(hostile()))
    assert sum(line == "-- " for line in lines) == 1
    assert [line for line in lines if line.startswith("From ")] == []


def test_names_like_mail_structure_stay_inside_their_line() -> None:
    for name in ("From me", "-- ", ".", "--"):
        told = (standing(FIX, Change.NEW_FAILURE, headline=name),)
        lines = body(tell(judged((red(FIX, headline=name, titles=(name,)),), told)))
        assert sum(line == "-- " for line in lines) == 1
        assert not [line for line in lines if line.startswith("From ") or line == "."]


def test_many_failures_are_cut() -> None:
    told = tuple(standing(FIX, Change.NEW_FAILURE, f"s.c{n}", headline="no") for n in range(90))
    lines = body(tell(judged((red(FIX),), told)))
    assert "... and 60 more." in lines
    assert len(lines) < 400


def test_letters_of_other_scripts_arrive() -> None:
    told: JudgedNight = replace(new_failure(), night=night(matrix="Größe 日本語"))
    message = received(tell(told))
    assert message["Subject"] == "[orchestrate] Größe 日本語: 1 new failure (7.3.4)"
    assert message.get_content().startswith("Matrix Größe 日本語, night of")
    assert message["Content-Transfer-Encoding"] == "quoted-printable"


@pytest.mark.parametrize("good", ["a@example.org", "Who Ever <who@example.org>", "a+b@localhost"])
def test_addresses(good: str) -> None:
    assert str(address(good)) == good


@pytest.mark.parametrize(
    "bad",
    [
        "", "who", "a@", "@b", "a@b, c@d", "a@b\nBcc: c@d", "a@b\r\nX: y", "<a@b", "a b@c", HOSTILE,
        "group: a@b;", "a@b\x00", "a@b c",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(UsageError, match="is no mail address"):
        address(bad)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_leaves_the_message_whole(text: str) -> None:
    told = (standing(FIX, Change.NEW_FAILURE, text, headline=text),)
    runs = (red(FIX, headline=text, titles=(text,), kernel_release=text, run_dir=text),)
    message = received(tell(judged(runs, told, night=night(matrix=text, started_at=text))))
    assert set(message.keys()) == HEADERS
    assert message.get_content().splitlines()[-1] == "orchestrate nightly"

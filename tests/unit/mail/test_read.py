# SPDX-License-Identifier: GPL-2.0-only
"""Every way in which a patch travels gives it back as it was."""

from __future__ import annotations

import base64
import gzip
import html
import mailbox
import quopri
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mails import TEXT, diff, mail, mbox, only_diff, patch, read

from orchestrator.mail.read import read_series
from orchestrator.model.errors import OrchestrateError, PatchBroken, UsageError

SEED_HEAD = (
    "[PATCH RFC DRAFT POC 01/11] kthread: take a struct\n\nFrom: Christian Brauner\n\n"
    "Date: Tue Mar 03 2026 - 08:58:06 EST\n\n\n"
)


def raw(body: bytes, *fields: str) -> bytes:
    head = ["From: Ann Author <ann@example.org>", "Subject: [PATCH] a title", *fields]
    return "\n".join(head).encode() + b"\n\n" + body


def test_a_bare_diff() -> None:
    series = read(diff().encode())
    (found,) = series.patches
    assert (found.diff, found.name, found.subject) == (diff(), "given", "")
    assert (found.number, found.total, found.notes) == (1, 1, ())
    assert series.notes == ()


def test_a_diff_without_git() -> None:
    bare = diff().partition("\n")[2].partition("\n")[2]
    assert only_diff(bare.encode()) == bare
    assert only_diff(b"Index: linux/x.c\n" + b"=" * 67 + b"\n" + bare.encode()) == bare


def test_a_mail_taken_apart() -> None:
    (found,) = read(patch("[PATCH v3 2/7] numa: mend it", message_id="a@b").as_bytes()).patches
    assert (found.number, found.total, found.version) == (2, 7, 3)
    assert found.subject == found.name == "numa: mend it"
    assert found.author == "Ann Author <ann@example.org>"
    assert (found.date, found.message_id) == ("Tue, 03 Mar 2026 14:58:06 +0100", "a@b")
    assert found.body == "Say what changes and why."
    assert found.trailers == ("Signed-off-by: Ann Author <ann@example.org>",)
    assert found.diff == diff()


def test_in_body_fields_win() -> None:
    text = "From: Real Author <real@example.org>\nSubject: [PATCH] real title\n\n" + TEXT + diff()
    (found,) = read(mail("[PATCH] wrong", text).as_bytes()).patches
    assert (found.author, found.subject) == ("Real Author <real@example.org>", "real title")
    assert found.body == "Say what changes and why."


def test_encoded_header_words() -> None:
    (found,) = read(
        raw(diff().encode()).replace(b"a title", b"=?utf-8?q?f=C3=BCr?=\n =?iso-8859-1?b?5A==?=")
    ).patches
    assert found.subject == "fürä"


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_transfer_encodings(charset: str, encoding: str, ends: str) -> None:
    body = (TEXT + diff()).encode(charset)
    body = body.replace(b"\n", ends.encode())
    if encoding == "quoted-printable":
        body = quopri.encodestring(body)
    elif encoding == "base64":
        body = base64.encodebytes(body)
    data = raw(
        body,
        f"Content-Type: text/plain; charset={charset}",
        f"Content-Transfer-Encoding: {encoding}",
    )
    (found,) = read(data).patches
    assert found.diff == diff()
    assert (encoding in found.notes) == (encoding != "8bit")
    assert ("CR LF line ends" in found.notes) == (ends == "\r\n")


def test_wire_line_ends() -> None:
    whole = patch("[PATCH] x").as_bytes().replace(b"\n", b"\r\n")
    assert only_diff(whole) == diff()
    assert only_diff(mbox(patch("[PATCH] x")).replace(b"\n", b"\r\n")) == diff()


def test_a_cr_of_the_patched_file_stays() -> None:
    dos = diff().replace("  \n", "  \r\n")
    assert only_diff(dos.encode()) == dos
    assert read(dos.encode()).patches[0].notes == ()


@pytest.mark.parametrize("declared", ["us-ascii", "big5", "no-such-charset", "rot13", ""])
def test_a_wrong_charset(declared: str) -> None:
    field = f"Content-Type: text/plain; charset={declared}"
    (found,) = read(raw((TEXT + diff()).encode(), field)).patches
    if declared != "big5":  # which has letters for these bytes
        assert found.diff == diff()
    said = "not in " + declared in " ".join(found.notes)
    assert said == (declared in ("no-such-charset", "rot13"))


def test_bytes_in_no_charset_are_kept() -> None:
    data = diff().encode("latin-1")
    (found,) = read(data).patches
    assert found.diff.encode("utf-8", "surrogateescape") == data
    assert found.notes == ("some bytes are not UTF-8; kept as they are",)
    (mailed,) = read(raw(TEXT.replace("what", "whät").encode("latin-1") + data)).patches
    assert mailed.diff.encode("utf-8", "surrogateescape") == data
    assert "wh\ufffdt" in mailed.body


def flowed(text: str) -> bytes:
    """As a sender of format=flowed writes it: stuffed, and trailing blanks cut."""
    lines = [line if line == "-- " else line.rstrip(" ") for line in text.split("\n")]
    return "\n".join(f" {x}" if x[:1] in (" ", ">") else x for x in lines).encode()


def test_format_flowed() -> None:
    field = "Content-Type: text/plain; charset=utf-8; format=flowed"
    text = diff().replace("int a;  ", "int a;")
    (found,) = read(raw(flowed(text), field)).patches
    assert found.diff == text.replace("\n \n", "\n\n")  # that blank was cut, not by us
    wrapped = flowed(text).replace(b"; /* ", b"; \n/* ")
    assert only_diff(raw(wrapped, field)) == found.diff
    assert "format=flowed" in found.notes


def test_format_flowed_only_declared() -> None:
    field = "Content-Type: text/plain; charset=utf-8; format=flowed"
    (found,) = read(raw(diff().encode(), field)).patches
    assert found.diff == diff()
    assert found.notes == ("format=flowed declared, but not written",)


def test_attachments() -> None:
    message = mail("[PATCH] with a file", "See the file.\n")
    message.add_attachment(diff().encode(), "text", "x-patch", filename="fix.patch")
    message.add_attachment(b"\x89PNG\n--- \n", "image", "png", filename="graph.png")
    (found,) = read(message.as_bytes()).patches
    assert (found.diff, found.subject) == (diff(), "with a file")
    assert found.notes == ("attachment fix.patch",)


def test_attached_mails_are_a_series() -> None:
    message = mail("two patches", "See the files.\n")
    for number in (2, 1):
        inner = patch(f"[PATCH {number}/2] part {number}", number).as_bytes()
        message.add_attachment(inner, "text", "x-patch", filename=f"000{number}.patch")
    assert [one.diff for one in read(message.as_bytes()).patches] == [diff(1), diff(2)]


def test_several_bare_attachments_in_their_order() -> None:
    message = mail("two patches", "See the files.\n")
    for number in (1, 2):
        message.add_attachment(
            diff(number).encode(), "text", "x-diff", filename=f"part{number}.diff"
        )
    found = read(message.as_bytes()).patches
    assert [(one.name, one.diff) for one in found] == [
        ("part1.diff", diff(1)),
        ("part2.diff", diff(2)),
    ]


def test_a_forwarded_mail() -> None:
    message = mail("Fwd: look", "Below.\n")
    message.add_attachment(patch("[PATCH] inner"))
    assert read(message.as_bytes()).patches[0].subject == "inner"


def test_plain_text_comes_before_html() -> None:
    message = mail("[PATCH] both", diff())
    message.add_alternative("<pre>other</pre>", subtype="html")
    assert only_diff(message.as_bytes()) == diff()


def lore_page(text: str) -> bytes:
    shown = html.escape(text).replace("+++ b", '<span class="add">+++ b') + "</span>"
    return (
        "<html><head><title>[PATCH] x - Ann</title><style>pre{}</style></head><body>"
        "<form>search</form><pre>From: Ann Author &lt;ann@example.org&gt;\n"
        "To: list@example.org\nSubject: <a href=x>[PATCH v2 01/11] kthread: x</a>\n"
        "Date: Tue, 3 Mar 2026\nMessage-ID: &lt;a@b&gt; (raw)\n\n"
        f"{shown}</pre><hr><pre>diff --git a/no b/no\nnext thread:</pre></body></html>"
    ).encode()


def test_an_archives_html_page() -> None:
    (found,) = read(lore_page(TEXT + diff())).patches
    assert found.diff == diff()
    assert (found.subject, found.number, found.total) == ("kthread: x", 1, 11)
    assert found.author == "Ann Author <ann@example.org>"
    assert found.trailers == ("Signed-off-by: Ann Author <ann@example.org>",)
    assert found.notes == ("HTML", "a web archive's page")


def test_a_page_that_escapes_nothing() -> None:
    body = diff().replace("old", "#include <linux/kthread.h> <a@b.org> x<y")
    page = f"<html><h1>[PATCH] t</h1>From: A <br>\n<pre>\n{body}</pre></html>"
    assert only_diff(page.encode()) == body


def test_a_page_of_several_mails_is_refused() -> None:
    thread = f"{diff()}\nFrom: B <b@x>\nTo: c\n\n{diff(2)}"
    with pytest.raises(PatchBroken, match="several mails"):
        read(lore_page(thread))


def test_an_archives_text_page() -> None:
    data = (SEED_HEAD + TEXT + "\n".join(x.strip() for x in diff().split("\n"))).encode()
    series = read(data)
    (found,) = series.patches
    assert (found.subject, found.author) == ("kthread: take a struct", "Christian Brauner")
    assert found.date == "Tue Mar 03 2026 - 08:58:06 EST"
    assert (found.number, found.total) == (1, 11)
    assert found.body == "Say what changes and why."
    assert found.diff.startswith("diff --git ") and data.decode().endswith(found.diff)
    assert series.notes == ("patch 1 of 11 alone; the others are not applied",)


def test_text_pages_one_behind_the_other() -> None:
    pages = [
        SEED_HEAD.replace("01/11", f"{number}/2") + TEXT + diff(number) + "\n" for number in (2, 1)
    ]
    assert [one.number for one in read("".join(pages).encode()).patches] == [1, 2]


def test_a_real_mailbox(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for number in (2, 1):
        text = TEXT.replace("Say", "From here on\nSay") + diff(number)
        box.add(mailbox.mboxMessage(mail(f"[PATCH {number}/2] part {number}", text)))
    box.close()
    found = read((tmp_path / "box").read_bytes()).patches
    assert [one.diff.rstrip("\n") for one in found] == [diff(n).rstrip("\n") for n in (1, 2)]
    assert all(one.body.startswith("From here on\nSay") for one in found)


def test_mails_one_behind_the_other() -> None:
    mails = [patch(f"[PATCH {n}/2] part {n}", n).as_bytes() + b"-- \n2.39\n\n" for n in (1, 2)]
    found = read(b"".join(mails)).patches
    assert [one.diff.partition("-- \n")[0] for one in found] == [diff(1), diff(2)]


def test_gzip_of_several_members() -> None:
    data = patch("[PATCH] x").as_bytes()
    assert only_diff(gzip.compress(data[:50]) + gzip.compress(data[50:])) == diff()
    with pytest.raises(PatchBroken, match="breaks off"):
        read(gzip.compress(data)[:-20])
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        read_series(gzip.compress(bytes(3 << 20)), "given", limit_mib=1)
    with pytest.raises(UsageError, match="larger than 1 MiB"):
        read_series(bytes(2 << 20), "given", limit_mib=1)


def test_a_diff_that_breaks_off() -> None:
    whole = diff().splitlines(keepends=True)
    for kept in range(6, len(whole)):
        (found,) = read("".join(whole[:kept]).encode()).patches
        assert found.notes == ("the diff breaks off inside a hunk",)
    assert read(diff().encode()).patches[0].notes == ()


@pytest.mark.parametrize("data", [b"", b"\n", b"hello\n", b"\0" * 99, TEXT.encode()])
def test_no_diff(data: bytes) -> None:
    with pytest.raises(PatchBroken, match="given: no diff in it"):
        read(data)


def test_a_reply_is_no_patch() -> None:
    quoted = "".join(f"> {line}\n" for line in diff().splitlines())
    with pytest.raises(PatchBroken) as caught:
        read(mail("Re: [PATCH] x", quoted).as_bytes())
    assert "quotes a patch" in caught.value.hint
    with pytest.raises(PatchBroken, match="in replies"):
        read(mail("Re: [PATCH] x", diff()).as_bytes())


_HEADS = st.sampled_from(
    [
        b"",
        b"From a@b Thu Jan  1 00:00:00 1970\nSubject: [PATCH 1/2] x\n",
        b"From: a\nSubject: =?utf-8?b?=\nContent-Type: text/plain; charset=utf-7\n\n",
        b"From: a\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n",
        b"From: a\nSubject: x\nContent-Transfer-Encoding: base64\n\n",
        b"<html><pre>\n",
        b"[PATCH 1/1] x\n\nFrom: y\n\nDate: z\n\n",
        b"\x1f\x8b\x08",
    ]
)
_WORDS = st.sampled_from(
    [
        b"diff --git a/x b/x\n",
        b"--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b\n",
        b"From: x\nDate: y\n",
        b"&#x;",
    ]
)


@settings(max_examples=60)
@given(_HEADS, st.lists(st.one_of(_WORDS, st.binary(max_size=30)), max_size=8))
@example(b"From: a\nSubject: x\nContent-Type: text/plain; charset*=x'y'z\n\n", [diff().encode()])
@example(b'From: a\nSubject: x\nContent-Disposition: a; filename*="\xff\n\n', [diff().encode()])
def test_any_bytes_are_read_or_refused(head: bytes, pieces: list[bytes]) -> None:
    try:
        series = read(head + b"".join(pieces))
    except OrchestrateError as error:
        assert error.message
    else:
        assert series.patches and all(one.diff for one in series.patches)


@settings(max_examples=30)
@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=60))
def test_any_added_line_survives_every_encoding(line: str) -> None:
    text = diff().replace("/* ünï < & > = */", line)
    message = EmailMessage()
    message["From"], message["Subject"] = "a@b", "[PATCH] x"
    for cte in ("quoted-printable", "base64"):
        message.set_content(text, cte=cte)
        assert only_diff(message.as_bytes()) == text
    assert only_diff(text.encode()) == text

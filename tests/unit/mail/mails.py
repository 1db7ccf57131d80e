# SPDX-License-Identifier: GPL-2.0-only
"""Mails as the tests send them."""

from __future__ import annotations

from email.message import EmailMessage

from orchestrator.mail.read import read_series
from orchestrator.model.patch import PatchSeries

TEXT = (
    "Say what changes and why.\n"
    "\n"
    "Signed-off-by: Ann Author <ann@example.org>\n"
    "---\n"
    " kernel/kthread.c | 2 +-\n"
    " 1 file changed, 1 insertion(+), 1 deletion(-)\n"
    "\n"
)


def diff(number: int = 1) -> str:
    """A diff whose white space would show any tampering; differs by number."""
    return (
        "diff --git a/kernel/kthread.c b/kernel/kthread.c\n"
        "index 791210daf8b4..84d535c7a635 100644\n"
        "--- a/kernel/kthread.c\n"
        "+++ b/kernel/kthread.c\n"
        "@@ -1,4 +1,4 @@ static int f(void)\n"
        " \tint a;  \n"
        " \n"
        f"-\t  old = {number};\n"
        f"+\t\tnew = {number}; /* ünï < & > = */\n"
        " }\n"
    )


def mail(
    subject: str,
    text: str,
    message_id: str = "",
    parent: str = "",
    author: str = "Ann Author <ann@example.org>",
) -> EmailMessage:
    """A plain mail with an 8-bit UTF-8 body."""
    message = EmailMessage()
    message["From"] = author
    message["Date"] = "Tue, 03 Mar 2026 14:58:06 +0100"
    message["Subject"] = subject
    if message_id:
        message["Message-ID"] = f"<{message_id}>"
    if parent:
        message["In-Reply-To"] = f"<{parent}>"
        message["References"] = f"<{parent}>"
    message.set_content(text, cte="8bit")
    return message


def patch(subject: str, number: int = 1, message_id: str = "", parent: str = "") -> EmailMessage:
    """A patch mail."""
    return mail(subject, TEXT + diff(number), message_id, parent)


def reply(parent: str, text: str, author: str = "Rita Reviewer <rita@example.org>") -> EmailMessage:
    """Re: to a mail of the given id."""
    return mail("Re: [PATCH 1/2] first", text, f"re-{abs(hash(text))}@x", parent, author)


def mbox(*mails: EmailMessage) -> bytes:
    """As an archive writes it, with From_ lines."""
    from_line = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n"
    return b"\n".join(from_line + one.as_bytes() for one in mails)


def read(data: bytes, wanted: str = "") -> PatchSeries:
    """The series in data, which the user called "given"."""
    return read_series(data, "given", wanted)


def only_diff(data: bytes) -> str:
    """The diff of the one patch in data."""
    (found,) = read(data).patches
    return found.diff

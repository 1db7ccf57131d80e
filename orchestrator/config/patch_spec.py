# SPDX-License-Identifier: GPL-2.0-only
"""What --patch SPEC may say, as values. Looks no further than whether a file is there."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from orchestrator.model.errors import UsageError

FORMS = ("FILE", "-", "MESSAGE-ID", "https://...", "git:REV..REV", "git:REV")

# Hosts whose paths name a mail: public-inbox(7) archives and the redirectors to them.
_ARCHIVES = re.compile(r"(?:www\.)?lore\.kernel\.org|lkml\.kernel\.org|(?:patch\.)?msgid\.link")
_THREAD_PAGES = ("", "T", "t", "t.mbox.gz", "#t", "#u", "t.atom")
_BRACKETED = re.compile(r"(?:message-id:\s*)?<([^<>\s]+@[^<>\s]+)>", re.IGNORECASE)
_BARE_ID = re.compile(r"[^\s/<>@:]+@[^\s/<>@:]+")
_RANGE = re.compile(r"(?![-./])[^\s:?*\[\\]*[^\s:?*\[\\/.]\.\.(?![-./])[^\s:?*\[\\]*")
_REVISION = re.compile(r"(?!-)\S+")


class PatchFile(Struct, frozen=True):
    """A file of any of the forms mail/read.py knows."""

    path: Path

    @property
    def text(self) -> str:
        return str(self.path)


class StandardInput(Struct, frozen=True):
    """The same, on standard input."""

    @property
    def text(self) -> str:
        return "-"


class LoreMail(Struct, frozen=True):
    """A mail by its message-id, without <>; its whole series is meant."""

    message_id: str

    @property
    def text(self) -> str:
        return f"<{self.message_id}>"


class WebPage(Struct, frozen=True):
    """Whatever is at a URL: a raw mail, an mbox, a diff or an archive's page."""

    url: str

    @property
    def text(self) -> str:
        return self.url


class CommitRange(Struct, frozen=True):
    """Commits of the --tree, as `git format-patch` takes them; first "": last alone."""

    first: str
    last: str

    @property
    def text(self) -> str:
        return f"git:{self.first}..{self.last}" if self.first else f"git:{self.last}"


PatchSpec = PatchFile | StandardInput | LoreMail | WebPage | CommitRange


def parse_patch_spec(text: str) -> PatchSpec:
    """The value of --patch. UsageError, with what comes nearest, if it is none of FORMS.

    A file of that name comes before a message-id or range without git: that reads the same.
    """
    if text == "-":
        return StandardInput()
    if text.startswith(("http://", "https://")):
        return _url(text)
    if text.startswith("git:"):
        return _commits(text, text.removeprefix("git:"))
    path = Path(text)
    if text and _exists(path):
        if path.is_dir():
            raise UsageError(f"--patch {text}: is a directory", "name a file in it")
        return PatchFile(path)
    message_id = _BRACKETED.fullmatch(text.strip())
    if message_id:
        return LoreMail(message_id[1])
    if _BARE_ID.fullmatch(text):
        return LoreMail(text)
    if _RANGE.fullmatch(text):
        return _commits(text, text)
    raise _no_file(text, path)


def message_id_of(url: str) -> str:
    """The message-id in the URL of a thread in a public-inbox(7) archive, "" if there is none.

    https://HOST/LIST/ID/, /r/ID, and what follows for the thread; /raw is just that mail.
    """
    parts = [unquote(part) for part in urlsplit(url).path.strip("/").split("/")]
    if len(parts) > 1 and parts[-1] in _THREAD_PAGES:
        parts.pop()
    return parts[-1] if 1 <= len(parts) <= 3 and "@" in parts[-1] else ""


def _url(text: str) -> PatchSpec:
    try:
        host = urlsplit(text).hostname or ""
    except ValueError:
        host = ""
    if not host:
        raise UsageError(f"--patch {text}: not a URL", "https://lore.kernel.org/all/MESSAGE-ID/")
    found = message_id_of(text) if _ARCHIVES.fullmatch(host) else ""
    return LoreMail(found) if found else WebPage(text)


def _commits(text: str, rest: str) -> CommitRange:
    first, dots, last = rest.partition("..")
    if last.startswith("."):
        raise UsageError(f"--patch {text}: A...B is no range of patches", f"git:{first}.{last}")
    if not dots:
        first, last = "", rest
    elif not first:
        raise UsageError(f"--patch {text}: the range has no start", f"git:REV..{last or 'REV'}")
    for revision in filter(None, (first, last or "HEAD")):
        if not _REVISION.fullmatch(revision):
            raise UsageError(f"--patch {text}: {revision!r} is no revision", "git:REV..REV")
    if not dots and not last:
        raise UsageError(f"--patch {text}: nothing follows git:", "git:REV..REV or git:REV")
    return CommitRange(first, last or "HEAD")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long a name, a NUL in it
        return False


def _no_file(text: str, path: Path) -> UsageError:
    forms = f"one of: {', '.join(FORMS)}"
    if not text:
        return UsageError("--patch: names nothing", forms)
    if "\0" in text or not _exists(path.parent):
        missing = f"--patch {text}: no such file, nor a message-id, URL or commit range"
        return UsageError(missing, forms)
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if not entry.is_dir())
    except OSError:
        names = []
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    hint = f"did you mean {path.parent / near[0]}?" if near else forms
    return UsageError(f"--patch {text}: no such file", hint)

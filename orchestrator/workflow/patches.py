# SPDX-License-Identifier: GPL-2.0-only
"""Patches as they came → files in the run directory that `git apply` and `git am` take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.edge.patch_files import TreeFiles, write_patch
from orchestrator.edge.store import Store
from orchestrator.model.diff import Repaired
from orchestrator.model.errors import PatchBroken
from orchestrator.model.job import Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress

_TAGS = re.compile(r"^(\[[^\]]*\]\s*)+")
_ODD = re.compile(r"[^A-Za-z0-9._]+")
_SLUG = 52  # characters, as git format-patch
# `git apply` would take such a line of a commit message for the diff.
_DIFF = re.compile(r"^(?=diff --git |--- |\+\+\+ |@@ -|---$)", re.MULTILINE)


def prepare(
    mails: Sequence[PatchMail],
    tree: Tree,
    run_dir: Path,
    progress: Progress,
    *,
    tree_dir: Path | None = None,
    store: Store | None = None,
) -> tuple[Path, ...]:
    """Repair the patches for the tree, one on top of the other, and write them out in order.

    The tree is only read. Everything that was done to them, and every build script they change,
    is a Note. Raises PatchBroken; no file is written then. tree_dir: the user's own tree, store:
    with other trees, both for its hint: what may the patch have been made for?
    """
    if not mails:
        return ()
    # Imported here: a run without patches need not load all that reads and repairs them.
    from orchestrator.patch.apply import apply_series
    from orchestrator.workflow.patch_origin import explained

    files = TreeFiles(tree.path)
    try:
        applied = apply_series(mails, files.read, files.similar, files.is_link)
    except PatchBroken as error:
        told = explained(error, mails, files, tree_dir, store)
        if told is error:
            raise
        raise told from error
    paths = []
    for number, (mail, repaired) in enumerate(zip(mails, applied.patches, strict=True), start=1):
        name = f"{number:04}-{_slug(mail)}.patch"
        paths.append(write_patch(run_dir, name, mail_text(mail, repaired, number, len(mails))))
        for said in (*mail.notes, *(str(note) for note in repaired.notes)):
            progress(Note(f"{name}: {said}" if len(mails) > 1 else said))
    return tuple(paths)


def mail_text(mail: PatchMail, repaired: Repaired, number: int = 1, total: int = 1) -> str:
    """The whole mail: headers, message, trailers, what was repaired, the diff."""
    tag = f"[PATCH {number}/{total}]" if total > 1 else "[PATCH]"
    fields = (
        ("From", _author(mail)),
        ("Date", mail.date),
        ("Message-ID", mail.message_id),
        ("Subject", f"{tag} {_title(mail)}"),
    )
    head = [f"{name}: {_one_line(value)}" for name, value in fields if value]
    message = "\n\n".join(part for part in (mail.body.strip(), "\n".join(mail.trailers)) if part)
    notes = [f"  {_one_line(str(note))}" for note in repaired.notes]
    rest = [_DIFF.sub(" ", message), "---", *notes, "", repaired.text]
    return "\n".join([*head, "", *rest]) + "-- \norchestrate\n"


def _author(mail: PatchMail) -> str:
    """Archives hide the address in the header, but seldom in the trailers."""
    if not mail.author or "<" in mail.author or "@" in mail.author:
        return mail.author
    signed = f"Signed-off-by: {mail.author} <"
    full = (line.partition(": ")[2] for line in mail.trailers if line.startswith(signed))
    return next(full, mail.author)


def _title(mail: PatchMail) -> str:
    return _TAGS.sub("", _one_line(mail.subject or mail.name)) or "no subject"


def _slug(mail: PatchMail) -> str:
    return _ODD.sub("-", _title(mail)).strip("-.")[:_SLUG].rstrip("-.") or "patch"


def _one_line(text: str) -> str:
    return " ".join(text.split())

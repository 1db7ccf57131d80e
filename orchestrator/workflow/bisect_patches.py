# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over the patches of a series: the tree without them is the good end, with all the bad
one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge.fingerprint import digest
from orchestrator.edge.patch_files import TreeFiles
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.bisect import BisectResult, Step
from orchestrator.model.errors import PatchBroken, UsageError
from orchestrator.model.job import Tree
from orchestrator.model.patch import PatchMail, PatchSeries
from orchestrator.model.progress import Note, Progress
from orchestrator.patch.apply import apply_series
from orchestrator.workflow.bisect_resume import BisectJob, bisect_steps
from orchestrator.workflow.boot_job import Ready
from orchestrator.workflow.ready import get_tree, make_ready

Numbered = tuple[int, PatchMail]


def bisect_patches(job: BisectJob, series: PatchSeries, progress: Progress) -> BisectResult:
    """Which patch it was. Raises UsageError if none applies, InfrastructureError."""
    store = Store(cache_root())
    tree = get_tree(job.boot, store, progress)
    kept, notes = applicable(series.patches, tree)
    if not kept:
        raise UsageError(f"no patch of {series.origin} applies to {tree.origin}", notes[0])
    for note in notes:
        progress(Note(note))
    mails = tuple(mail for _, mail in kept)

    def make(node: int, folder: Path) -> Ready:
        return make_ready(job.boot, tree, mails[:node], store, folder, progress)

    origin = f"{series.origin} on {tree.origin}"
    inputs = (tree.key, digest(repr(mails)))
    plain = replace(job, boot=replace(job.boot, mails=()))
    said = (*series.notes, *notes)
    return bisect_steps(plain, steps(kept, tree), make, origin, store, progress, inputs, said)


def applicable(
    mails: Sequence[PatchMail], tree: Tree
) -> tuple[tuple[Numbered, ...], tuple[str, ...]]:
    """(number in the series and patch, of those that apply one upon the other; why others do not).

    One that does not apply is left out, and those behind it are tried without it.
    """
    files = TreeFiles(tree.path)
    kept: list[Numbered] = list(enumerate(mails, start=1))
    notes: list[str] = []
    while kept:
        try:
            apply_series([mail for _, mail in kept], files.read, files.similar, files.is_link)
            break
        except PatchBroken as error:
            if not error.number:
                raise
            number, _ = kept.pop(error.number - 1)
            said = error.message.partition(", ")[2] if len(kept) else error.message
            notes.append(f"patch {number} does not apply and is left out: {said}")
    return tuple(kept), tuple(notes)


def steps(kept: Sequence[Numbered], tree: Tree) -> tuple[Step, ...]:
    """The tree, and then each patch with its number in the series."""
    base = Step("base", f"{tree.release} without the patches")
    patches = (
        Step(f"patch {number}", mail.name, mail.author, mail.date, parents=(node,))
        for node, (number, mail) in enumerate(kept)
    )
    return (base, *patches)

# SPDX-License-Identifier: GPL-2.0-only
"""Why a run got its verdict, and why an entry of the store had to be made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import inherit, inputs, source_list
from orchestrator.edge.store import Store
from orchestrator.judge.why import why_verdict
from orchestrator.model import rundir as names
from orchestrator.model.document import RunDocument
from orchestrator.model.inputs import FILES_SHOWN, KeyInputs, WhyBuilt
from orchestrator.model.progress import short_time
from orchestrator.model.why import WhyVerdict
from orchestrator.plan.inputs import changes, nearest
from orchestrator.plan.lineage import Rows, difference
from orchestrator.workflow.rejudge import rejudge

_STAGES = {"build": ("kernel", "kernels"), "module": ("module", "modules")}
_NO_INPUTS = (
    "its inputs are not kept: it was made by an earlier version; the next run that uses it "
    "writes them"
)


def why_run(run_dir: Path, store: Store) -> WhyVerdict:
    """Judged again from its files. UsageError if the directory is damaged."""
    result, before = rejudge(run_dir)
    built = tuple(_built(before, store))
    looked = (run_dir / names.AUTOPSY).is_file()
    return why_verdict(result, before.verdict, built, looked=looked)


def _built(run: RunDocument, store: Store) -> Iterator[WhyBuilt]:
    """What the run had to make."""
    keys = dict(run.keys)
    for stage in run.stages:
        name, kind = _STAGES.get(stage.stage, ("", ""))
        if stage.cached or name not in keys:
            continue
        if (store.root / kind / keys[name]).is_dir():
            yield why_key(kind, keys[name], store)
        else:
            yield WhyBuilt(kind, keys[name], note="it is in the store no longer")


def why_key(kind: str, key: str, store: Store) -> WhyBuilt:
    """Why the entry kind/key, which is there, had to be made: what differs from the nearest
    earlier one."""
    entry = store.folder(kind) / key
    made = short_time(inputs.made_s(entry) or entry.stat().st_mtime)
    why = WhyBuilt(kind, key, made)
    if kind == "trees":
        return _tree(why, store)
    of = inputs.read(kind, entry)
    why = _from_relative(why, entry)
    if of is None:
        return replace(why, note=_NO_INPUTS)
    why = replace(why, origin=of.origin)
    other = nearest(of, inputs.all_of(kind, store))
    if other is None:
        return replace(why, note="no earlier entry of its kind has its inputs kept")
    return _against(why, of, other, store)


def _against(why: WhyBuilt, of: KeyInputs, other: KeyInputs, store: Store) -> WhyBuilt:
    found = changes(other, of)
    folder = store.folder(why.kind)
    mine = source_list.read(folder / why.key / inherit.LIST)
    theirs = source_list.read(folder / other.key / inherit.LIST)
    if mine and theirs:
        why = _with_files(why, theirs, mine)
    elif why.started_from != other.key:
        why = replace(why, files=(), files_differ=0)
    kernel = next((each.now for each in found if each.group == "kernel"), "")
    note = "" if found else "nothing that is kept of its inputs differs"
    return replace(
        why,
        nearest=other.key,
        nearest_origin=other.origin,
        changes=found,
        note=note,
        next_command=f"orchestrate why key:{kernel}" if kernel else "",
    )


def _tree(why: WhyBuilt, store: Store) -> WhyBuilt:
    """A tree's key is its files: of which other one in the store do the fewest differ?"""

    def rows(key: str) -> Rows:
        return source_list.read(store.folder("probes") / f"sources-{key}")

    mine = rows(why.key)
    others = [path.name for path in store.folder("trees").iterdir() if path.name[0] != "."]
    lists = {key: rows(key) for key in others if key != why.key}
    known = {key: len(mine.items() ^ listed.items()) for key, listed in lists.items() if listed}
    if not mine or not known:
        return replace(why, note="its files are its key, and there is no other tree to compare")
    other = min(known, key=lambda key: (known[key], key))
    return replace(_with_files(why, lists[other], mine), nearest=other)


def _with_files(why: WhyBuilt, theirs: Rows, mine: Rows) -> WhyBuilt:
    paths = difference(theirs, mine).paths
    return replace(why, files=paths[:FILES_SHOWN], files_differ=len(paths))


def _from_relative(why: WhyBuilt, entry: Path) -> WhyBuilt:
    """With the kernel whose objects a kernel started from, and the files that differ from it."""
    try:
        facts = json.loads((entry / inherit.FACTS).read_text())
        paths = tuple(map(str, facts.get("differing", ())))
        relative = str(facts.get("relative", ""))
    except (OSError, ValueError, AttributeError, TypeError):
        return why
    return replace(why, started_from=relative, files=paths[:FILES_SHOWN], files_differ=len(paths))

# SPDX-License-Identifier: GPL-2.0-only
"""A kernel of another configuration to start from: make knows which options each object asked for.

fixdep (scripts/basic) writes them into the object's list of dependencies, and syncconfig touches
the file of each option that changed. So objects of a configuration that differs in a few options
serve, as they do whoever edits .config by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestrator.edge import inputs, source_list
from orchestrator.edge.inherit import FACTS, LIST, Kin, Relative
from orchestrator.edge.kernel_request import KernelRequest, kernel_inputs
from orchestrator.edge.store import Store
from orchestrator.model.inputs import Input
from orchestrator.plan import lineage
from orchestrator.plan.lineage import Rows

MOST = 6  # of those that look nearest, whose sources are compared: 0.1 s each
_FILE_COSTS = 10  # so many options, for what must be made again, modules above all
# Groups of inputs.
_SOURCES, _TOOLS, _OPTIONS = ("tree", "patches"), ("toolchain",), ("configuration",)


def nearest_configuration(
    request: KernelRequest, rows: Rows, kin: Kin, store: Store
) -> Relative | None:
    """The kernel that differs least in options and sources, made by the same tools."""
    own = kernel_inputs(request)
    there = sorted(_distances(own, kin, store), key=lambda one: one[:2])
    best: tuple[int, Relative] | None = None
    for distance, _, entry, facts in there[:MOST]:
        theirs = source_list.read(entry / LIST)
        change = lineage.difference(theirs, rows)
        if not theirs or lineage.from_nothing(change, theirs, rows, kin.arch):
            continue
        cost = distance + _FILE_COSTS * len(change.paths)
        if best is None or cost < best[0]:
            best = cost, Relative(entry, facts["built_at"], False, change, configured=False)
    return best[1] if best else None


def _distances(
    own: Sequence[Input], kin: Kin, store: Store
) -> Iterator[tuple[int, str, Path, dict[str, Any]]]:
    """(how far it looks, name, entry, its facts) of all that may do."""
    asked = set(_of(own, _OPTIONS))
    for entry in store.folder("kernels").iterdir():
        if entry.name.startswith("."):
            continue
        try:
            facts = json.loads((entry / FACTS).read_text())
            usable = "built_at" in facts and tuple(facts["variables"]) == kin.variables
        except (OSError, ValueError, LookupError, TypeError):
            continue
        known = inputs.read("kernels", entry)
        if not usable or known is None or _of(known.inputs, _TOOLS) != _of(own, _TOOLS):
            continue
        # Asked against asked: a .config has more than was asked for, the more the richer it is, so
        # that against it the poorest kernel would always look nearest.
        options = len(asked ^ set(_of(known.inputs, _OPTIONS)))
        others = _of(known.inputs, _SOURCES) != _of(own, _SOURCES)
        yield options + _FILE_COSTS * others, entry.name, entry, facts


def _of(inputs: Sequence[Input], groups: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return sorted((one.group, one.name, one.value) for one in inputs if one.group in groups)

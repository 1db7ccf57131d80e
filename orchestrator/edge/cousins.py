# SPDX-License-Identifier: GPL-2.0-only
"""A kernel of another configuration to start from: make knows which options each object asked for.

fixdep (scripts/basic) writes them into the object's list of dependencies, and syncconfig touches
the file of each option that changed. So objects of a configuration that differs in a few options
serve, as they do whoever edits .config by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestrator.config.fragments import read_dotconfig
from orchestrator.edge import inputs, source_list
from orchestrator.edge.fingerprint import tool_versions
from orchestrator.edge.inherit import FACTS, LIST, Kin, Relative
from orchestrator.edge.kbuild import OBJ
from orchestrator.edge.store import Store
from orchestrator.model.job import KernelConfig
from orchestrator.plan import lineage
from orchestrator.plan.lineage import Rows

MOST = 6  # of the nearest configurations, whose sources are compared: 0.1 s each
_FILE_COSTS = 10  # so many options, for what must be made again, modules above all


def nearest_configuration(
    config: KernelConfig, rows: Rows, kin: Kin, tools: Mapping[str, str], store: Store
) -> Relative | None:
    """The kernel that differs least in options and sources, made by the same tools."""
    wanted = {option.name: option.value for option in config.options if option.value != "n"}
    versions = set(tool_versions(tools))
    there = sorted(_distances(wanted, versions, kin, store), key=lambda one: one[:2])
    best: tuple[int, Relative] | None = None
    for distance, _, entry, facts in there[:MOST]:
        theirs = source_list.read(entry / LIST)
        change = lineage.difference(theirs, rows)
        if not theirs or lineage.from_nothing(change, theirs, rows):
            continue
        cost = distance + _FILE_COSTS * len(change.paths)
        if best is None or cost < best[0]:
            best = cost, Relative(entry, facts["built_at"], False, change, configured=False)
    return best[1] if best else None


def _distances(
    wanted: Mapping[str, str], versions: set[tuple[str, str]], kin: Kin, store: Store
) -> Iterator[tuple[int, str, Path, dict[str, Any]]]:
    """(options that differ, name, entry, its facts) of all that may do."""
    for entry in store.folder("kernels").iterdir():
        if entry.name.startswith("."):
            continue
        try:
            facts = json.loads((entry / FACTS).read_text())
            text = (entry / "src" / OBJ / ".config").read_text(errors="replace")
            usable = "built_at" in facts and tuple(facts["variables"]) == kin.variables
        except (OSError, ValueError, LookupError, TypeError):
            continue
        known = inputs.read("kernels", entry)
        if not usable or known is None:
            continue
        if {(each.name, each.value) for each in known.inputs if each.group == "toolchain"} != (
            versions
        ):
            continue
        yield len(wanted.items() ^ read_dotconfig(text).items()), entry.name, entry, facts

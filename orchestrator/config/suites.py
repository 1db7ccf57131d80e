# SPDX-License-Identifier: GPL-2.0-only
"""Which KUnit suites there are: every *_test.c of kmod/ is one.

The suite orch_create is orch_create_test.c, and so is its module; its subject is the
MODULE_DESCRIPTION.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.config.assets import asset_dir
from orchestrator.config.nearest import unknown
from orchestrator.model.job import Suite

_DESCRIPTION = re.compile(r'MODULE_DESCRIPTION\(\s*"((?:[^"\\]|\\.)*)"\s*\)')
_CASE = re.compile(r"\b\w*_CASE\w*\(\s*(\w+)")
PREFIX = "orch_"


def suites_in(*folders: Path) -> tuple[Suite, ...]:
    """The suites of these folders, by name within each folder."""
    return tuple(_suite(source) for folder in folders for source in sorted(folder.glob("*_test.c")))


def shipped() -> tuple[Suite, ...]:
    return suites_in(asset_dir("kmod"))


def _suite(source: Path) -> Suite:
    described = _DESCRIPTION.search(source.read_text(errors="replace"))
    name = source.stem.removesuffix("_test")
    return Suite(name, source.stem, described[1] if described else "")


def choose(asked: Sequence[str], available: Sequence[Suite]) -> tuple[Suite, ...]:
    """The asked suites in the asked order, all if none is asked; "create" means orch_create."""
    by_name = {suite.name: suite for suite in available}
    chosen = []
    for name in dict.fromkeys(asked):
        full = name if name in by_name else PREFIX + name
        if full not in by_name:
            raise unknown("suite", name, by_name)
        chosen.append(by_name[full])
    return tuple(chosen) or tuple(available)


def cases_in(suite: str, *folders: Path) -> tuple[str, ...]:
    """The cases that the suite's source, which is in one of these folders, lists, in its order.
    UsageError for an unknown suite.

    A case is the first word of a macro with _CASE in its name, as all of KUnit's have.
    """
    (chosen,) = choose((suite,), suites_in(*folders))
    sources = (folder / f"{chosen.module}.c" for folder in folders)
    text = next(file.read_text(errors="replace") for file in sources if file.is_file())
    return tuple(dict.fromkeys(_CASE.findall(text)))


def check_case(suite: str, case: str, *folders: Path) -> None:
    """UsageError if the suite lists no such case; one whose cases cannot be read may have it."""
    cases = cases_in(suite, *folders)
    if cases and case not in cases:
        raise unknown(f"case of {suite}", case, cases)

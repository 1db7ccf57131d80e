# SPDX-License-Identifier: GPL-2.0-only
"""What init says of modules of the user's."""

from __future__ import annotations

import pytest

from orchestrator.model.evidence import ModuleRun
from orchestrator.parse.guest import parse_guest_report

BEGIN = "begin n 1.00 7.3.4"


def report(*lines: str) -> tuple[tuple[ModuleRun, ...], tuple[str, ...]]:
    found = parse_guest_report("".join(f"{line}\n" for line in (BEGIN, *lines)), "n")
    return found.modules, found.complaints


def test_all_of_a_module() -> None:
    modules, complaints = report(
        "module-begin a", "module-end a 0", "module-begin b", "module-end b 22",
        "unload-begin a", "unload-end a 0",
    )  # fmt: skip
    assert (modules, complaints) == ((ModuleRun("a", 0, 0), ModuleRun("b", 22)), ())


@pytest.mark.parametrize(
    "lines",
    [
        ["module-end a 0"],
        ["module-begin a", "module-begin a"],
        ["module-begin a", "module-end a 0", "module-end a 0"],
        ["module-begin a", "unload-end a 0"],
        ["module-begin a", "module-end a 1", "unload-end a 0"],
        ["module-begin a", "module-end a 0", "unload-end a 0", "unload-end a 0"],
        ["unload-begin a"],
        ["module-begin a b"],
        ["module-begin a", "module-end a x"],
    ],
)
def test_what_cannot_be_is_a_complaint(lines: list[str]) -> None:
    _, complaints = report(*lines)
    assert len(complaints) == 1

# SPDX-License-Identifier: GPL-2.0-only
"""The mutants: patches beside this file, and what expected.toml says of each."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDERS = {"differs": "bugs", "same": "clean"}


class TableError(Exception):
    """expected.toml and the patches do not fit each other, or a name fits no mutant."""


@dataclass(frozen=True)
class Mutant:
    """One patch. expected: the word `orchestrate compare` should say; what: in one line, what is
    wrong with it; evidence: kinds of difference that would show it, any of them."""

    name: str
    patch: Path
    expected: str
    what: str
    evidence: tuple[str, ...] = ()
    quick: bool = False

    @property
    def is_bug(self) -> bool:
        return self.expected == "differs"


def read_table(folder: Path = HERE) -> tuple[Mutant, ...]:
    """All mutants, bugs first. Raises TableError if rows and patches differ."""
    rows = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    mutants = [_mutant(folder, name, row) for name, row in rows.items()]
    known = {mutant.patch for mutant in mutants}
    patches = {patch for sub in FOLDERS.values() for patch in (folder / sub).glob("*.patch")}
    for told, wanted, problem in (
        (known, patches, "no such patch: "),
        (patches, known, "not in expected.toml: "),
    ):
        if told - wanted:
            raise TableError(problem + ", ".join(sorted(path.name for path in told - wanted)))
    return tuple(sorted(mutants, key=lambda mutant: (not mutant.is_bug, mutant.name)))


def _mutant(folder: Path, name: str, row: dict[str, object]) -> Mutant:
    expected = str(row.get("expected"))
    if expected not in FOLDERS:
        raise TableError(f"{name}: expected must be one of {', '.join(FOLDERS)}")
    evidence = row.get("evidence", [])
    return Mutant(
        name=name,
        patch=folder / FOLDERS[expected] / f"{name}.patch",
        expected=expected,
        what=str(row.get("what", "")),
        evidence=tuple(map(str, evidence)) if isinstance(evidence, list) else (),
        quick=row.get("quick") is True,
    )


def chosen(mutants: Sequence[Mutant], names: Sequence[str], quick: bool) -> tuple[Mutant, ...]:
    """Those that fit any of the names or globs, "bugs" and "clean" included; all without names.

    Raises TableError for a name that fits none: a typing error must not pass as a good result.
    """
    left = [mutant for mutant in mutants if mutant.quick or not quick]
    if not names:
        return tuple(left)
    for name in names:
        if not any(_fits(mutant, name) for mutant in left):
            raise TableError(f"no mutant fits {name}")
    return tuple(mutant for mutant in left if any(_fits(mutant, name) for name in names))


def _fits(mutant: Mutant, name: str) -> bool:
    return name == FOLDERS[mutant.expected] or fnmatch.fnmatchcase(mutant.name, name)

# SPDX-License-Identifier: GPL-2.0-only
"""A matrix as its file gives it: names and what they stand for, nothing looked up yet."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field

EVERYTHING = "full"  # the tier that is there without being written down: all cells


class Value(Struct, frozen=True):
    """One value of an axis. spec: what the options of `orchestrate boot` would be given, paths in
    it absolute. besides: only cells of an include have it. line: of the file, where it stands."""

    name: str
    spec: str
    besides: bool = False
    line: int = 0


class TreeValue(Struct, frozen=True):
    """A tree: a folder of the user's, else a source spec."""

    name: str
    folder: Path | None
    source: str = "default"
    line: int = 0


class PatchValue(Struct, frozen=True):
    """Patches that are one change together, in order. each: a series, of which every step is a
    cell of its own, named NAME#1, NAME#2, ..."""

    name: str
    specs: tuple[str, ...]
    each: bool = False
    line: int = 0


class Pattern(Struct, frozen=True):
    """Which cells: for each axis, shell patterns of which one must fit; () fits any value.

    The tree without patches has the patch name "". line: where it stands in the file.
    """

    tree: tuple[str, ...] = ()
    patch: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    topology: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    line: int = 0


class Settings(Struct, frozen=True):
    """What all cells share; as `orchestrate boot` has it."""

    kmods: tuple[Path, ...] = ()
    accel: str = "auto"
    step_s: float = 40.0
    known_issues: Path | None = None
    quarantine: Path | None = None


class Matrix(Struct, frozen=True):
    """Trees × patches × configurations × topologies × suites, and what is added and taken away.

    base: the trees without any patch are cells too. tiers: name → cells, of which one must fit.
    """

    name: str
    file: Path
    trees: tuple[TreeValue, ...]
    configs: tuple[Value, ...]
    topologies: tuple[Value, ...]
    suites: tuple[Value, ...] = (Value("", ""),)
    patches: tuple[PatchValue, ...] = ()
    base: bool = True
    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    tiers: tuple[tuple[str, tuple[Pattern, ...]], ...] = ()
    settings: Settings = field(default_factory=Settings)

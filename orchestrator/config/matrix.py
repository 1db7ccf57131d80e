# SPDX-License-Identifier: GPL-2.0-only
"""MATRIX.toml: what is tried every night. docs/nightly.md has all of it.

configs = ["numa", "nonuma"]          # as --config takes them; a table gives them names:
topologies = ["numa4", "memoryless"]  # as --topology
suites = ["", "create,stop"]          # sets of suites; "" (which may be left out): all

[trees]                               # name = as --source takes it, or a folder with a / in it
stable = "kernel.org:7.1.8"
mine = "~/linux"

[patches]                             # name = as --patch takes it; may be left out
fix = "fix.patch"
both = ["a.patch", "b.patch"]         # one change
rework = { series = "rework.mbox" }   # after each patch: rework#1, rework#2, ...

[[exclude]]                           # patterns as in a shell; patch = "": the tree itself
config = "nonuma"
topology = ["numa?", "memoryless"]

[tiers.quick]                         # --tier quick: these cells alone
topology = "numa4"
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from orchestrator.config.assets import asset_dir
from orchestrator.config.fragments import combine
from orchestrator.config.matrix_reader import OWN_VALUES, Reader
from orchestrator.config.nearest import unknown
from orchestrator.config.patch_spec import StandardInput, parse_patch_spec
from orchestrator.config.source_spec import parse_source_spec
from orchestrator.config.suites import choose, suites_in
from orchestrator.config.toml_lines import Lines, parse
from orchestrator.config.topology import load_topology
from orchestrator.model.errors import UsageError
from orchestrator.model.matrix import EVERYTHING, Matrix, Pattern, Value

_AXES = ("trees", "patches", "configs", "topologies", "suites")
_KEYS = ("name", "base", *_AXES, "include", "exclude", "tiers", "settings")


def load_matrix(path: Path) -> Matrix:
    """The matrix in a file. UsageError says what, where and what to do."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the matrix {path}: {error}") from error
    try:
        return parse_matrix(path, text)
    except OSError as error:  # a name that no file can have, for one
        raise UsageError(f"{path}: {error}") from error


def parse_matrix(path: Path, text: str) -> Matrix:
    """The matrix in `text`; `path` names it in errors, and paths in it are beside it."""
    table = parse(path, text, "matrices")
    reader = Reader(path, Lines(path, text), table)
    reader.only(table, _KEYS, "")
    settings = reader.settings()
    trees = reader.trees()
    patches = reader.patches()
    axes = {axis: list(reader.values(axis)) for axis in _AXES[2:]}
    for axis in ("configs", "topologies"):
        if not axes[axis]:
            raise reader.lines.error(1, f"no {axis}", f'{axis} = ["..."]; see docs/nightly.md')
    if not axes["suites"]:
        axes["suites"] = [Value("", "")]
    include = reader.includes(axes)
    names = {
        "tree": [tree.name for tree in trees],
        "patch": ["", *(patch.name for patch in patches)],
        **{key: [value.name for value in axes[axis]] for key, axis in OWN_VALUES.items()},
    }
    matrix = Matrix(
        name=reader.text("", "name", path.stem),
        file=path.absolute(),
        trees=trees,
        configs=tuple(axes["configs"]),
        topologies=tuple(axes["topologies"]),
        suites=tuple(axes["suites"]),
        patches=patches,
        base=reader.flag("base"),
        include=include,
        exclude=reader.patterns("exclude"),
        tiers=reader.tiers(),
        settings=settings,
    )
    _check_values(reader.lines, matrix)
    each = {patch.name for patch in patches if patch.each}
    tiers = (pattern for _, patterns in matrix.tiers for pattern in patterns)
    for pattern in (*matrix.include, *matrix.exclude, *tiers):
        _check_pattern(reader.lines, pattern, names, each)
    return matrix


def tier_patterns(matrix: Matrix, tier: str) -> tuple[Pattern, ...]:
    """Of which a cell must fit one; () for "" and "full": all cells. UsageError if unknown."""
    known = dict(matrix.tiers)
    if tier in known:
        return known[tier]
    if tier in ("", EVERYTHING):
        return ()
    raise unknown("tier", tier, {EVERYTHING, *known})


def _check_pattern(
    lines: Lines, pattern: Pattern, names: dict[str, list[str]], each: set[str]
) -> None:
    """A pattern that fits no value is a slip of the pen, and would silently change the night."""
    for key, known in names.items():
        for text in getattr(pattern, key):
            fits = any(fnmatchcase(name, text) for name in known)
            if key == "patch" and "#" in text:  # a step of a series that was not read yet
                fits = any(fnmatchcase(name, text.partition("#")[0]) for name in each)
            if not fits:
                error = unknown(key, text, [name for name in known if name])
                raise lines.error(pattern.line, error.message, error.hint)


def _check_values(lines: Lines, matrix: Matrix) -> None:
    """Whatever a value stands for must be there, as far as that can be seen from here."""
    for tree in matrix.trees:
        if tree.folder is None:
            _told(lines, tree.line, parse_source_spec, tree.source)
        elif not tree.folder.is_dir():
            raise lines.error(tree.line, f"tree {tree.name}: no folder {tree.folder}")
    for patch in matrix.patches:
        for spec in patch.specs:
            found = _told(lines, patch.line, parse_patch_spec, spec)
            if isinstance(found, StandardInput):
                raise lines.error(patch.line, "a night has no standard input", "name a file")
    for config in matrix.configs:
        _told(lines, config.line, combine, config.spec)
    for topology in matrix.topologies:
        _told(lines, topology.line, load_topology, topology.spec)
    available = suites_in(asset_dir("kmod"), *matrix.settings.kmods)
    for value in matrix.suites:
        _told(lines, value.line, lambda text: choose(suite_names(text), available), value.spec)


def suite_names(spec: str) -> tuple[str, ...]:
    """ "create, stop" → ("create", "stop"); () means all."""
    return tuple(part.strip() for part in spec.split(",") if part.strip())


def _told(lines: Lines, line: int, read: Callable[[str], object], spec: str) -> object:
    """What it reads; the UsageError it raises instead, with the line."""
    try:
        return read(spec)
    except UsageError as error:
        raise lines.error(line, error.message, error.hint) from error

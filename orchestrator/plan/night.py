# SPDX-License-Identifier: GPL-2.0-only
"""A matrix → its cells, each once → the work they are, in which what they share is done once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from orchestrator.model.matrix import Matrix, PatchValue, Pattern
from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of

Steps = Mapping[tuple[str, str], int]  # (tree, series) → how many patches it has there


class Work(Struct, frozen=True):
    """What a night does: sources of each tree, then each kernel with its module, then a boot of
    each cell. All in the order of the cells."""

    trees: tuple[str, ...]
    kernels: tuple[KernelName, ...]
    boots: tuple[CellKey, ...]

    def needs(self, cell: CellKey) -> KernelName:
        """What must be there before this boot."""
        return kernel_of(cell)

    def boots_of(self, kernel: KernelName) -> tuple[CellKey, ...]:
        """What waits for this kernel."""
        return tuple(cell for cell in self.boots if kernel_of(cell) == kernel)


def work(cells: Sequence[CellKey]) -> Work:
    """The job graph of these cells."""
    return Work(
        trees=tuple(dict.fromkeys(cell.tree for cell in cells)),
        kernels=tuple(dict.fromkeys(map(kernel_of, cells))),
        boots=tuple(dict.fromkeys(cells)),
    )


def cells(matrix: Matrix, steps: Steps, tier: Sequence[Pattern] = ()) -> tuple[CellKey, ...]:
    """The product of the axes and what is included besides, less what is excluded, and of that
    what one pattern of the tier fits (all, if it has none). Each once, as the file has them."""
    product = _product(matrix, steps, Pattern(), besides=False)
    included = (_product(matrix, steps, pattern, besides=True) for pattern in matrix.include)
    found = dict.fromkeys(itertools.chain(product, *included))
    return tuple(
        cell
        for cell in found
        if not any(fits(pattern, cell) for pattern in matrix.exclude)
        and (not tier or any(fits(pattern, cell) for pattern in tier))
    )


def fits(pattern: Pattern, cell: CellKey) -> bool:
    """Does the pattern mean this cell? A series means each of its steps."""
    return (
        _fits(pattern.tree, cell.tree)
        and _fits_patch(pattern.patch, cell.patch)
        and _fits(pattern.config, cell.config)
        and _fits(pattern.topology, cell.topology)
        and _fits(pattern.suites, cell.suites)
    )


def _fits_patch(patterns: Sequence[str], name: str) -> bool:
    return _fits(patterns, name) or _fits(patterns, series_of(name)[0])


def _fits(patterns: Sequence[str], name: str) -> bool:
    return not patterns or any(fnmatchcase(name, text) for text in patterns)


def _product(matrix: Matrix, steps: Steps, pattern: Pattern, besides: bool) -> Iterator[CellKey]:
    """Cells of the pattern. besides: of values too that stand in an include alone, if named."""

    def names(values: Sequence[tuple[str, bool]], wanted: Sequence[str]) -> list[str]:
        return [
            name
            for name, alone in values
            if _fits(wanted, name) and (not alone or (besides and name in wanted))
        ]

    configs = names([(v.name, v.besides) for v in matrix.configs], pattern.config)
    topologies = names([(v.name, v.besides) for v in matrix.topologies], pattern.topology)
    suites = names([(v.name, v.besides) for v in matrix.suites], pattern.suites)
    for tree in matrix.trees:
        if not _fits(pattern.tree, tree.name):
            continue
        patches = list(_patches(matrix, tree.name, steps))
        wanted = [name for name in patches if _fits_patch(pattern.patch, name)]
        for patch, config, topology, suite in itertools.product(
            wanted, configs, topologies, suites
        ):
            yield CellKey(tree.name, patch, config, topology, suite)


def _patches(matrix: Matrix, tree: str, steps: Steps) -> Iterator[str]:
    if matrix.base or not matrix.patches:
        yield ""
    for patch in matrix.patches:
        if patch.each and (tree, patch.name) in steps:
            yield from (step_name(patch, n) for n in range(1, steps[tree, patch.name] + 1))
        else:
            yield patch.name


def step_name(patch: PatchValue, number: int) -> str:
    """Of the cells behind so many patches of a series."""
    return f"{patch.name}#{number}"


def series_of(name: str) -> tuple[str, int | None]:
    """ "rework#2" → ("rework", 2); "fix" → ("fix", None), all of its patches."""
    series, sign, number = name.rpartition("#")
    return (series, int(number)) if sign and number.isdigit() else (name, None)

# SPDX-License-Identifier: GPL-2.0-only
"""What a night is about: trees in the store, patches read, cells with what is known of them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from orchestrator import __version__
from orchestrator.config.assets import asset_dir
from orchestrator.config.fragments import check_sees, combine
from orchestrator.config.matrix import suite_names
from orchestrator.config.patch_spec import CommitRange, parse_patch_spec
from orchestrator.config.source_spec import parse_source_spec
from orchestrator.config.topology import load_topology
from orchestrator.edge import accelerator, guest, source_list, toolchain
from orchestrator.edge.fingerprint import digest, named_digests
from orchestrator.edge.kernel_request import KernelRequest, family, kernel_key
from orchestrator.edge.store import Store
from orchestrator.model.errors import OrchestrateError, UsageError
from orchestrator.model.job import KernelConfig, Tree
from orchestrator.model.matrix import Matrix, PatchValue, Pattern
from orchestrator.model.night import CellKey
from orchestrator.model.night_run import KernelName, kernel_of
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress, silent
from orchestrator.model.topology import Topology
from orchestrator.patch.diff import parse_diff
from orchestrator.plan.deadlines import Deadlines
from orchestrator.plan.night import Steps, cells, series_of
from orchestrator.plan.night_order import Facts
from orchestrator.workflow.boot_job import BootJob
from orchestrator.workflow.known import known_issues
from orchestrator.workflow.night_memory import Memory
from orchestrator.workflow.patches import prepare
from orchestrator.workflow.ready import get_tree

_BETWEEN = "+"  # key of a tree, and of the patches on it


@dataclass
class Inputs:
    """Trees and patches by name, or why they cannot be had. shared: what all runs depend on."""

    matrix: Matrix
    jobs: Mapping[str, BootJob]  # of each tree, without configuration and topology of a cell
    configs: Mapping[str, KernelConfig]
    topologies: Mapping[str, Topology]
    trees: dict[str, Tree | OrchestrateError] = field(default_factory=dict)
    mails: dict[tuple[str, str], tuple[PatchMail, ...] | OrchestrateError] = field(
        default_factory=dict
    )
    shared: str = ""

    def job(self, cell: CellKey) -> BootJob:
        """What `orchestrate boot` would be asked for this cell, its patches apart."""
        return replace(
            self.jobs[cell.tree],
            config=self.configs[cell.config],
            topology=self.topologies[cell.topology],
            suites=suite_names(self._suites[cell.suites]),
        )

    @property
    def _suites(self) -> dict[str, str]:
        return {value.name: value.spec for value in self.matrix.suites}

    def tree(self, name: str) -> Tree:
        """Raises whatever kept it from being there."""
        found = self.trees[name]
        if isinstance(found, OrchestrateError):
            raise found
        return found

    def patches(self, tree: str, patch: str) -> tuple[PatchMail, ...]:
        """In the order they apply; the same."""
        if not patch:
            return ()
        exact = (tree, patch) in self.mails
        name, steps = (patch, None) if exact else series_of(patch)
        found = self.mails[tree, name]
        if isinstance(found, OrchestrateError):
            raise found
        return found[:steps]

    def sources(self, kernel: KernelName) -> str:
        """The key of tree and patches; "" if they cannot be had."""
        try:
            key = self.tree(kernel.tree).key
            mails = self.patches(kernel.tree, kernel.patch)
        except OrchestrateError:
            return ""
        return f"{key}{_BETWEEN}{digest(*(mail.diff for mail in mails))}" if mails else key

    def key(self, cell: CellKey) -> str:
        """Over all that its runs depend on; "" if that cannot be had."""
        sources = self.sources(kernel_of(cell))
        job = self.job(cell)
        asked = (job.topology, job.suites, job.accel, job.deadlines, job.known_issues)
        parts = (self.shared, repr(cell), sources, family(job.config), repr(asked))
        return digest(*parts) if sources else ""


def read_inputs(
    matrix: Matrix, store: Store, progress: Progress, command: tuple[str, ...]
) -> Inputs:
    """Trees into the store, patches read. UsageError if what the matrix names cannot be; a tree
    or patch that cannot be had now is the matter of its cells."""
    settings, tools = matrix.settings, toolchain.asked(None)
    configs = {value.name: combine(value.spec, tools) for value in matrix.configs}
    topologies = {value.name: load_topology(value.spec) for value in matrix.topologies}
    blank = BootJob(
        config=next(iter(configs.values())),
        topology=next(iter(topologies.values())),
        tree=None,
        source=parse_source_spec("default"),
        kmods=settings.kmods,
        accel=settings.accel,
        deadlines=Deadlines(step_s=settings.step_s),
        known_issues=known_issues(settings.known_issues),
        command=command,
    )
    jobs = {
        tree.name: replace(blank, tree=tree.folder, source=parse_source_spec(tree.source))
        for tree in matrix.trees
    }
    inputs = Inputs(matrix, jobs, configs, topologies, shared=_shared(settings.kmods))
    for tree in matrix.trees:
        fetch_tree(inputs, tree.name, store, progress)
        for patch in matrix.patches:
            inputs.mails[tree.name, patch.name] = _read(inputs, tree.name, patch, store, progress)
    return inputs


def fetch_tree(inputs: Inputs, name: str, store: Store, progress: Progress) -> None:
    """Once more, if it could not be had before."""
    try:
        inputs.trees[name] = get_tree(inputs.jobs[name], store, progress)
    except OrchestrateError as error:
        progress(Note(f"tree {name}: {error.message}"))
        inputs.trees[name] = error


def _shared(kmods: Sequence[Path]) -> str:
    folders = (asset_dir("kmod"), *kmods)
    files = [file for folder in folders for file in sorted(folder.glob("*")) if file.is_file()]
    return digest(__version__, *named_digests(files), guest.image(), accelerator.qemu_stamp())


def _read(
    inputs: Inputs, tree: str, patch: PatchValue, store: Store, progress: Progress
) -> tuple[PatchMail, ...] | OrchestrateError:
    """Read once, unless they are commits of this very tree."""
    # Imported here: the web's libraries take longer to load than a night without patches may.
    from orchestrator.edge.patch_input import read_patches

    specs = [parse_patch_spec(text) for text in patch.specs]
    own = any(isinstance(spec, CommitRange) for spec in specs)
    first = next((mails for (_, name), mails in inputs.mails.items() if name == patch.name), None)
    if first is not None and not own:
        return first
    mails: list[PatchMail] = []
    try:
        for spec in specs:
            series = read_patches(spec, inputs.jobs[tree].tree, store, progress)
            for note in series.notes:
                progress(Note(f"patch {patch.name}: {note}"))
            mails += series.patches
    except UsageError as error:
        if own and inputs.jobs[tree].tree is None:
            return error  # which is told if no exclude has these cells away
        where = f"{inputs.matrix.file}:{patch.line}: {error.message}"
        raise UsageError(where, error.hint) from error
    except OrchestrateError as error:
        progress(Note(f"patch {patch.name}: {error.message}"))
        return error
    return tuple(mails)


def all_cells(inputs: Inputs, tier: Sequence[Pattern]) -> tuple[CellKey, ...]:
    """Of the tier. UsageError if there is none, or one that can never be."""
    steps: Steps = {
        place: len(mails)
        for place, mails in inputs.mails.items()
        if not isinstance(mails, OrchestrateError)
    }
    found = cells(inputs.matrix, steps, tier)
    where = inputs.matrix.file
    if not found:
        raise UsageError(f"{where}: no cell is left", "see its exclude tables and --tier")
    for cell in found:
        mails = inputs.mails.get((cell.tree, series_of(cell.patch)[0]))
        if isinstance(mails, UsageError):
            hint = f'{mails.hint}, or exclude tree = "{cell.tree}", patch = "{cell.patch}"'
            raise UsageError(f"{where}: {cell}: {mails.message}", hint)
        try:
            check_sees(inputs.configs[cell.config], inputs.topologies[cell.topology])
        except UsageError as error:
            pair = f'config = "{cell.config}", topology = "{cell.topology}"'
            hint = f"{error.hint}, or exclude {pair}"
            raise UsageError(f"{where}: {cell}: {error.message}", hint) from error
    return found


def gather(
    inputs: Inputs, found: Sequence[CellKey], memory: Memory, store: Store
) -> dict[CellKey, Facts]:
    """What the order rests on, for each cell."""
    differences: dict[tuple[str, str], frozenset[str] | None] = {}
    of_patches: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
    facts = {}
    for cell in found:
        earlier = memory.recent(cell)
        patched = (cell.tree, cell.patch)
        if patched not in of_patches:
            of_patches[patched] = inputs.sources(kernel_of(cell)), _touched(inputs, *patched)
        sources, touched = of_patches[patched]
        changed = None
        telling = Facts(earlier).telling
        last = telling[0].tree_key if telling else ""
        if touched and last and last != sources:
            pair = (last.partition(_BETWEEN)[0], sources.partition(_BETWEEN)[0])
            if pair not in differences:
                differences[pair] = _difference(*pair, store)
            changed = differences[pair]
            if pair[0] == pair[1]:  # then it is the patch that is another one
                changed = touched
        facts[cell] = Facts(earlier, sources, changed, touched)
    return facts


def _difference(old: str, new: str, store: Store) -> frozenset[str] | None:
    """Files in which two trees differ; None if it is not known what was in one of them."""
    before, after = source_list.known(old, store), source_list.known(new, store)
    if not before or not after:
        return None
    return frozenset(path for path, _ in before.items() ^ after.items())


def _touched(inputs: Inputs, tree: str, patch: str) -> frozenset[str]:
    try:
        mails = inputs.patches(tree, patch)
        diffs = [diff for mail in mails for diff in parse_diff(mail.diff)]
    except OrchestrateError:
        return frozenset()
    return frozenset(path for diff in diffs for path in (diff.old_path, diff.new_path) if path)


def built_kernels(inputs: Inputs, found: Sequence[CellKey], store: Store) -> set[KernelName]:
    """Those that are in the store: what they take is no build."""
    there = set()
    of_sources: dict[tuple[str, str], list[KernelName]] = {}
    for kernel in dict.fromkeys(map(kernel_of, found)):
        of_sources.setdefault((kernel.tree, kernel.patch), []).append(kernel)
    for (name, patch), kernels in of_sources.items():
        with tempfile.TemporaryDirectory(prefix="orchestrate-") as folder:
            try:
                tree = inputs.tree(name)
                patches = prepare(inputs.patches(name, patch), tree, Path(folder), silent)
            except OrchestrateError:
                continue
            for kernel in kernels:
                key = kernel_key(KernelRequest(tree, inputs.configs[kernel.config], patches))
                if (store.folder("kernels") / key).is_dir():
                    there.add(kernel)
    return there

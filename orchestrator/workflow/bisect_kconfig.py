# SPDX-License-Identifier: GPL-2.0-only
"""A bisect over the options between two configurations of a tree, from the files to the result."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from orchestrator.config.dotconfig import End, base_options
from orchestrator.config.fragments import BASE, read_dotconfig
from orchestrator.edge import rundir
from orchestrator.edge.bisect_journal import bisect_journal
from orchestrator.edge.config_closing import Close, closing
from orchestrator.edge.fingerprint import digest
from orchestrator.edge.store import Store, cache_root
from orchestrator.judge.bisect.options import changes, mixed
from orchestrator.model import rundir as names
from orchestrator.model.bisect_options import Change, OptionsResult
from orchestrator.model.errors import PatchBroken, UsageError
from orchestrator.model.job import KernelConfig, Option, Tree
from orchestrator.model.patch import PatchMail
from orchestrator.model.progress import Note, Progress
from orchestrator.model.toolchain import Toolchain
from orchestrator.report.bisect_json import options_json
from orchestrator.workflow.bisect_configs import Closed, Configs
from orchestrator.workflow.bisect_options import run_options
from orchestrator.workflow.bisect_options_result import OptionsAsked
from orchestrator.workflow.bisect_probe import BootProbe
from orchestrator.workflow.bisect_resume import (
    RESULT,
    BisectJob,
    begin,
    goes_on,
    journal_key,
    settings_for,
)
from orchestrator.workflow.boot_job import Ready
from orchestrator.workflow.clock import now
from orchestrator.workflow.patches import prepare
from orchestrator.workflow.ready import build_ready, get_tree

LISTED = 8  # options in a note


def bisect_options(
    job: BisectJob, good: End, bad: End, mails: tuple[PatchMail, ...], progress: Progress
) -> OptionsResult:
    """Which options it was. Raises UsageError if an end cannot be had or both are the same,
    PatchBroken if mails do not apply, InfrastructureError."""
    store = Store(cache_root())
    begin(store, progress)
    tree = get_tree(job.boot, store, progress)
    settings = settings_for(job)
    inputs = (tree.key, digest(repr(mails)), repr(good), repr(bad))
    key = journal_key(job, settings, "options", *inputs)
    with bisect_journal(key, store, fresh=job.fresh) as kept:
        if kept is None:
            raise UsageError("the same bisect runs just now", "wait for it, or end it")
        earlier, folder = goes_on(job, kept, progress)
        log = folder / "configure.log"
        with contextlib.ExitStack() as stack:
            try:
                patches = prepare(
                    mails, tree, folder, progress, tree_dir=job.boot.tree, store=store
                )
                ends = _Ends(good, bad, stack.enter_context(closing(tree, patches, log, store)))
            except (UsageError, PatchBroken):  # nothing was begun
                if not earlier:
                    kept.close()
                    rundir.discard(folder)
                raise
            for note in ends.notes:
                progress(Note(note))
            configs = Configs(ends.closed, ends.distance)
            configs.remember(earlier)

            def config_of(number: int) -> KernelConfig:
                return ends.config(configs.all[number].closed)

            def make(number: int, where: Path) -> Ready:
                boot = replace(job.boot, config=config_of(number))
                return _ready(replace(job, boot=boot), tree, mails, patches, store, where, progress)

            probe = BootProbe(
                job.boot,
                job.check,
                lambda number: configs.all[number].closed.key,
                make,
                folder,
                progress,
                config_of,
            )
            asked = OptionsAsked(
                good=good.label,
                bad=bad.label,
                differing=ends.differing,
                check=job.check,
                tree=tree.origin,
                run_dir=folder,
                started_at=now(),
                command=job.boot.command,
                settings=settings,
                notes=ends.notes,
            )
            result = run_options(asked, configs, probe, kept, progress)
        for number, known in enumerate(configs.all):
            where = probe.folder(number)
            where.mkdir(exist_ok=True)
            if not (where / names.DOTCONFIG).exists():  # it could not be tested
                rundir.write(where, names.DOTCONFIG, _text(known.closed.values))
        rundir.write(folder, RESULT, options_json(result))
        kept.close()
    return result


def _ready(
    job: BisectJob,
    tree: Tree,
    mails: tuple[PatchMail, ...],
    patches: tuple[Path, ...],
    store: Store,
    where: Path,
    progress: Progress,
) -> Ready:
    return build_ready(job.boot, tree, mails, patches, store, where, progress, any_config=True)


class _Ends:
    """Both, closed, and all that can be made between them."""

    def __init__(self, good: End, bad: End, close: Close) -> None:
        self._close, self._toolchain = close, bad.config.toolchain
        self._must = tuple(
            option for option in base_options(bad.config.arch) if not option.optional
        )
        self._good = self._end(good)
        self._bad = self._end(bad)
        self.differing: tuple[Change, ...] = changes(self._good, self._bad)
        if not self.differing:
            raise UsageError(
                f"{good.label} and {bad.label} give the same configuration of this tree",
                "nothing is left to look for; do they differ in what the base has set?",
            )
        self.notes = (*_overruled(good), *_overruled(bad))

    def closed(self, as_bad: frozenset[str]) -> Closed:
        """What Kconfig makes of the good end with these options as in the bad one."""
        if not as_bad:
            return self._closed(self._good)
        if len(as_bad) == len(self.differing):
            return self._closed(self._bad)
        asked = mixed(self._good, self.differing, as_bad)
        text, _ = self._close(_asked(asked, self._toolchain))
        return self._closed(read_dotconfig(text))

    def distance(self, closed: Closed) -> int:
        """Options in which it differs from the good end."""
        return len(changes(self._good, closed.values))

    def config(self, closed: Closed) -> KernelConfig:
        """To build it: all options as they are, so that nothing is left to be decided."""
        return replace(_asked(closed.values, self._toolchain), names=("options", closed.key[:8]))

    def _end(self, end: End) -> Mapping[str, str]:
        text, lost = self._close(end.config)
        named = [option for option in lost if not option.optional]
        base = {option.name for option in self._must}
        wanted = [option for option in named if option.name not in base]
        if wanted:
            raise UsageError(
                f"{wanted[0].name}={wanted[0].value} ({wanted[0].file}:{wanted[0].line}) did not "
                "survive into .config",
                f"orchestrate why {wanted[0].name} --config {end.label} says why",
            )
        return read_dotconfig(text)

    def _closed(self, values: Mapping[str, str]) -> Closed:
        lost = [one for one in self._must if values.get(one.name, "n") != one.value]
        error = ""
        if lost:
            more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
            error = f"no suite can run: {lost[0].name}={lost[0].value}{more} of the base is lost"
        return Closed(digest(_text(values)), dict(values), error)


def _asked(values: Mapping[str, str], toolchain: Toolchain) -> KernelConfig:
    """Options that may be lost: what became of them is looked at, not asked for."""
    options = (Option(name, value, BASE, 0, optional=True) for name, value in values.items())
    return KernelConfig(("options",), tuple(options), toolchain.llvm, toolchain.arch.name)


def _text(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in sorted(values.items()))


def _overruled(end: End) -> tuple[str, ...]:
    if not end.overruled:
        return ()
    shown = ", ".join(f"{one.name}={one.value}" for one in end.overruled[:LISTED])
    more = len(end.overruled) - LISTED
    also = f" and {more} more" if more > 0 else ""
    return (f"not as {end.label} has it, since the guest needs it otherwise: {shown}{also}",)

# SPDX-License-Identifier: GPL-2.0-only
"""gdb on the machine of a run, booted again: from the run's files to gdb's exit code."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.config.assets import data_dir
from orchestrator.edge import host, rundir, sandbox
from orchestrator.edge.debug import hands, images, monitor
from orchestrator.edge.debug.attach import attached
from orchestrator.edge.debug.lx_scripts import lx_scripts
from orchestrator.edge.debug.machine import waiting
from orchestrator.edge.debug.rewind import rewindable
from orchestrator.edge.debug.type_info import debug_types
from orchestrator.edge.qemu_program import program
from orchestrator.edge.recordings import replaying
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import socket_folder, sweep
from orchestrator.edge.vm_end import last_line
from orchestrator.model import rundir as names
from orchestrator.model.arch import named
from orchestrator.model.errors import InfrastructureError, OrchestrateError, UsageError
from orchestrator.model.job import BuiltKernel
from orchestrator.model.progress import Note, Progress
from orchestrator.plan import gdb
from orchestrator.plan.qemu import Boot
from orchestrator.report.document import to_json
from orchestrator.workflow.debug_recording import recording
from orchestrator.workflow.debug_subject import Subject, no_function, running, subject

TYPES_S = 60.0  # for one object to be compiled
_FUNCTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


class Asked(Struct, frozen=True):
    """What the user wants of gdb. breaks: where to stop first. commands: as plan.gdb.argv() has
    them. run_dir: where the guest's channels go; None: nowhere that lasts. again: boot also if the
    run's guest still runs. replay: the run's recording, instead of another boot."""

    breaks: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    batch: bool = False
    run_dir: Path | None = None
    again: bool = False
    replay: bool = False


def run_gdb(name: str, asked: Asked, progress: Progress) -> int:
    """gdb's exit code. Raises UsageError, InfrastructureError; KeyboardInterrupt passes through
    with machine and gdb gone."""
    gdb_program = shutil.which("gdb")
    if gdb_program is None:
        raise InfrastructureError("this host lacks gdb", "on Debian: apt-get install gdb")
    host.require()
    store = Store(cache_root())
    sweep(store, progress)
    live = None if asked.again or asked.replay else monitor.find(name)
    recorded = recording(name, store) if asked.replay else None
    if recorded:
        run = recorded.run
    else:
        run = running(*live, store) if live else subject(rundir.find(name), store)
    if run.boot is None and not live:
        raise UsageError(f"{run.run_dir} is of an earlier version, without {names.MACHINE}",
                         "boot again; its replay.sh still boots the machine")  # fmt: skip
    if not named(run.kernel.arch).gdb:
        hint = "orchestrate drgn reads its memory; replay.sh -gdb tcp::1234 is for a gdb of yours"
        raise UsageError(f"orchestrate gdb knows no {run.kernel.arch} guests", hint)
    warning = sandbox.warning()
    if warning:
        progress(Note(warning))
    with socket_folder() as folder, contextlib.ExitStack() as stack:
        facts = _facts(run, asked, Path(folder), store, progress)
        machine: contextlib.AbstractContextManager[object]
        if live:
            out = run.run_dir
            machine = attached(live[1], Path(facts.socket))
        else:
            out = _out(asked, Path(folder))
            again = _again(run, out)
            machine = waiting(again, Path(facts.socket), run.run_dir / names.JOB)
        if recorded:
            replayed = replace(replaying(again, out, run.run_dir), qemu=program(again.row.qemu))
            machine = rewindable(replayed, Path(facts.socket), run.run_dir)
            facts = gdb.replayed(facts, *recorded.points)
        facts = _told(facts, asked, out, progress, live=bool(live))
        stack.enter_context(machine)
        code = _gdb(gdb_program, facts, run, asked, Path(folder))
        stack.close()
        if not Path(facts.begun).read_bytes():
            said = last_line(out / names.QEMU_LOG) or "QEMU said nothing"
            raise InfrastructureError(f"gdb did not get to the guest: {said}")
    return code


def _again(run: Subject, out: Path) -> Boot:
    assert run.boot
    return replace(
        run.boot,
        vmlinux=str(run.kernel.vmlinux),
        initrd=str(run.run_dir / names.INITRD),
        run_dir=str(out),
    )


def _told(
    facts: gdb.Facts, asked: Asked, out: Path, progress: Progress, *, live: bool
) -> gdb.Facts:
    """The facts for this kind of machine, without notes if they have been told already."""
    notes = facts.notes
    if live:
        facts = replace(facts, first=0)
        notes += (f"the guest of {out.name} as it runs now; quit and detach let it go on",)
    else:
        facts = replace(facts, listed=0)
        notes += () if asked.batch else (f"the guest's console: {out}/{names.CONSOLE}",)
    if asked.batch:
        for note in notes:
            progress(Note(note))
        notes = ()
    return replace(facts, notes=notes)


def _out(asked: Asked, folder: Path) -> Path:
    if asked.run_dir:
        return rundir.create(asked.run_dir)
    out = folder / "guest"
    out.mkdir()
    return out


def _gdb(program: str, facts: gdb.Facts, run: Subject, asked: Asked, folder: Path) -> int:
    file, start = folder / "facts.json", data_dir("gdb") / "start.py"
    file.write_text(to_json(facts))
    Path(facts.begun).touch()
    scripts = [Path(text).absolute() for kind, text in asked.commands if kind == "x"]
    commands = [(kind, str(Path(text).absolute()) if kind == "x" else text)
                for kind, text in asked.commands]  # fmt: skip
    words = gdb.argv(program, str(run.kernel.vmlinux), str(start), commands, asked.batch)
    reads = [run.kernel.src, start.parent, *scripts]
    reads += [path.parent for path in run.modules.values()][:1]
    if facts.types:
        reads.append(Path(facts.types))
    return hands.run(
        words, reads=(folder, *reads), writes=(Path(facts.socket), Path(facts.begun)),
        env={gdb.ENV: str(file)}, talk=not asked.batch,
    )  # fmt: skip


def _facts(run: Subject, asked: Asked, folder: Path, store: Store, progress: Progress) -> gdb.Facts:
    known = images.addresses(run.kernel.vmlinux)
    modules, known_there = {}, set(known)
    for name, path in run.modules.items():
        modules[name], inside = images.module_file(path)
        known_there |= inside
    for spec in asked.breaks:
        if _FUNCTION.fullmatch(spec) and spec not in known_there:
            raise no_function(spec, known_there)
    notes = list(_notes(run.kernel))
    types, scripts = "", ""
    if images.has_types(run.kernel):
        made, why = lx_scripts(run.kernel, folder)
        scripts = str(made or "")
        notes += [f"without the lx- commands: {why}"] if why else []
    else:
        notes.append("without the kernel's lx- commands, which need all of its debug info")
        try:
            types = str(debug_types(run.kernel, store, progress, TYPES_S))
        except OrchestrateError as error:
            notes.append(f"without structures, and names in modules: {error.message}")
            modules = {}
    _check_paths(run, folder, types)
    return gdb.Facts(
        socket=str(folder / "gdb"),
        begun=str(folder / "begun"),
        first=known.get(gdb.FIRST, 0),
        do_init_module=known.get("do_init_module", 0),
        listed=known.get("modules", 0),
        current=known.get("current_task", known.get("pcpu_hot", 0)),
        frames=images.has_lines(run.kernel),
        types=types,
        scripts=scripts,
        modules=modules if "do_init_module" in known else {},
        ends=tuple((known[name], text) for name, text in gdb.ENDS if name in known),
        breaks=tuple(one for one in asked.breaks if one != gdb.FIRST),
        goes_on=bool(asked.breaks) and gdb.FIRST not in asked.breaks,
        settings=tuple(_settings(run)),
        notes=tuple(notes),
    )


def _notes(kernel: BuiltKernel) -> Iterator[str]:
    missing = images.missing(kernel)
    if missing:
        yield missing


def _settings(run: Subject) -> Iterator[str]:
    for old, new in images.moved_sources(run.kernel, list(run.modules.values())):
        if " " not in old + new:
            yield f"substitute-path {old} {new}"


def _check_paths(run: Subject, folder: Path, types: str) -> None:
    paths = [str(folder), str(run.kernel.vmlinux), types, *map(str, run.modules.values())]
    bad = gdb.refused(paths)
    if bad:
        raise UsageError(f"gdb cannot be told of a path like {bad!r}", "set ORCHESTRATE_CACHE")

# SPDX-License-Identifier: GPL-2.0-only
"""A run that failed, recorded: booted again on one CPU until the same failure is on record."""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.edge import host, qemu, recordings, rundir
from orchestrator.edge.accelerator import qemu_version
from orchestrator.edge.qemu_program import program
from orchestrator.edge.store import Store, cache_root
from orchestrator.edge.sweep import sweep
from orchestrator.judge.shrink import outcome
from orchestrator.model import rundir as names
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.evidence import Ending
from orchestrator.model.job import BuiltModule, Plan, RunResult
from orchestrator.model.progress import Note, Progress, StageDone, StageStarted
from orchestrator.model.recording import Recorded, Try
from orchestrator.model.shrink import Outcome, Target
from orchestrator.model.symbols import SymbolTable
from orchestrator.model.verdict import Verdict
from orchestrator.plan import record
from orchestrator.plan.deadlines import Deadlines
from orchestrator.plan.qemu import Boot
from orchestrator.report.document import to_json
from orchestrator.workflow.after_boot import read_and_judge, save
from orchestrator.workflow.boot import RUN_MIB
from orchestrator.workflow.clock import Clock, now
from orchestrator.workflow.debug_subject import Subject, subject
from orchestrator.workflow.record_asked import Asked, meant
from orchestrator.workflow.rejudge import rejudge
from orchestrator.workflow.verdict import kept

REPLAY_S, SLOWER = 60.0, 20.0  # a replay takes two to four times as long as what it replays


class Answer(Struct, frozen=True):
    """folder: of the recording, None if the failure did not come again."""

    target: Target
    tries: tuple[Try, ...]
    folder: Path | None


def record_run(name: str, asked: Asked, progress: Progress) -> Answer:
    """Raises UsageError for what cannot be recorded, InfrastructureError; KeyboardInterrupt passes
    through with the machine gone and no recording left."""
    host.require()
    store = Store(cache_root())
    sweep(store, progress)
    run = subject(rundir.find(name), store)
    before, _ = rejudge(run.run_dir)
    boot, plan, target = meant(run, before, asked)
    boot = replace(boot, qemu=program(boot.row.qemu))
    progress(Note(f"recorded is {target.title!r}"))
    for text in record.differs(plan):
        progress(Note(f"on the machine that is recorded {text}"))
    folder = _folder(run, asked)
    try:
        tries = _tries(run, before, boot, plan, target, asked, folder, progress)
    except BaseException:
        rundir.discard(folder)
        raise
    if tries[-1].outcome is not Outcome.SAME:
        rundir.discard(folder)
        if all(each.outcome is Outcome.UNKNOWN for each in tries):
            raise InfrastructureError(
                f"no recording says anything: {tries[-1].said}", "record a smaller run: --case"
            )
        return Answer(target, tries, None)
    told = Recorded(
        str(run.run_dir), target, qemu_version(store, boot.row), recordings.digests(folder), tries,
        record.differs(plan),
    )  # fmt: skip
    rundir.write(folder, names.RECORDING, to_json(told))
    return Answer(target, tries, folder if asked.run_dir else _in_place(folder))


def _folder(run: Subject, asked: Asked) -> Path:
    if asked.run_dir:
        return rundir.create(asked.run_dir)
    folder = run.run_dir / f".{recordings.FOLDER}"
    shutil.rmtree(folder, ignore_errors=True)  # of one that was killed
    try:
        folder.mkdir()
    except OSError as error:
        raise UsageError(f"cannot write to {run.run_dir}: {error.strerror}",
                         "--run-dir DIR puts the recording elsewhere") from error  # fmt: skip
    rundir.need_room(folder, RUN_MIB, "a recording")
    return folder


def _in_place(folder: Path) -> Path:
    """Under its name, now that it is whole."""
    final = folder.with_name(recordings.FOLDER)
    shutil.rmtree(final, ignore_errors=True)
    return folder.rename(final)


def _tries(
    run: Subject, before: RunResult, boot: Boot, plan: Plan, target: Target, asked: Asked,
    folder: Path, progress: Progress,
) -> tuple[Try, ...]:  # fmt: skip
    done: list[Try] = []
    while len(done) < asked.tries:
        for file in folder.iterdir():
            file.unlink()
        begun_s, at = time.monotonic(), len(done)
        progress(StageStarted("record", f"{at + 1} of at most {asked.tries}"))
        shift = record.SHIFTS[at % len(record.SHIFTS)]
        word, said = _one(run, before, boot, plan, target, asked, folder, shift, progress)
        took_s = time.monotonic() - begun_s
        done.append(Try(word, said, round(took_s, 3)))
        progress(StageDone("record", took_s, detail=f"{word.value}: {said}"))
        if word is Outcome.SAME:
            break
    return tuple(done)


def _one(
    run: Subject, before: RunResult, boot: Boot, plan: Plan, target: Target, asked: Asked,
    folder: Path, shift: int, progress: Progress,
) -> tuple[Outcome, str]:  # fmt: skip
    """One recording, judged as any run is; that it replays is shown by replaying it."""
    nonce = secrets.token_hex(8)
    own = record.own_files(nonce, secrets.token_hex(32))
    image, job = ((run.run_dir / name).read_bytes() for name in (names.INITRD, names.JOB))
    rundir.write(folder, names.INITRD, record.initrd(image, job, own)).chmod(0o600)
    rundir.write(folder, names.JOB, job).chmod(0o600)
    plan = record.recorded_plan(plan, nonce)
    rundir.write(folder, names.PLAN, to_json(plan))
    machine = replace(record.recorded(boot, str(folder), shift), vmlinux=str(run.kernel.image))
    rundir.write(folder, names.MACHINE, to_json(replace(machine, paused=False)))
    recordings.place(folder)
    clock = Clock(progress)
    with qemu.control_socket() as socket:
        watched = qemu.Watched(nonce, len(plan.suites), Deadlines(step_s=asked.step_s), clock,
                               built_in=len(plan.kunit.suites) if plan.kunit else 0)  # fmt: skip
        machine = replace(machine, qmp_socket=socket, paused=True)
        ended = qemu.run_vm(machine, watched)
    begun = replace(
        before, run_dir=folder, plan=plan, command=asked.command, started_at=now(),
        verdict=Verdict.INCOMPLETE, findings=(), evidence=None, autopsy=None, symbols=SymbolTable(),
        known_issues=(),
    )  # fmt: skip
    _, issues = kept(run.run_dir)
    result = read_and_judge(begun, ended, run.kernel, _module(run), issues, clock)
    save(replace(result, stages=tuple(clock.stages), notes=tuple(clock.notes)))
    if (folder / names.RECORD).stat().st_size > rundir.WHOLE_BYTES:
        # It was stopped for that, which says nothing of the guest.
        return Outcome.UNKNOWN, f"the record grew beyond {rundir.WHOLE_BYTES >> 20} MiB"
    word, said = outcome(target, result)
    if word is not Outcome.SAME:
        return word, said
    if ended.exit_status or ended.ending is Ending.QEMU_DIED or not recordings.finished(folder):
        return Outcome.UNKNOWN, f"{said}, but QEMU did not write the record to its end"
    progress(StageStarted("replay", "is it the same again?"))
    begun_s = time.monotonic()
    try:
        differ = recordings.differing(machine, folder, REPLAY_S + SLOWER * ended.wall_s)
    except InfrastructureError as error:
        return Outcome.UNKNOWN, f"{said}, but its replay did not end ({error.message})"
    if differ:
        return Outcome.UNKNOWN, f"{said}, but its replay differs in {', '.join(differ)}"
    progress(StageDone("replay", time.monotonic() - begun_s, detail="the same, byte for byte"))
    return word, said


def _module(run: Subject) -> BuiltModule:
    """For the symbols of what it loads."""
    core = run.modules["orch_core"]
    return BuiltModule(core.parent.name, core, (), True, tuple(run.modules.values()))

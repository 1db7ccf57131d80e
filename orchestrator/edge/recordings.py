# SPDX-License-Identifier: GPL-2.0-only
"""The files of a recording: made for QEMU, found whole or not, read back for a replay."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
from msgspec.structs import replace

from orchestrator.edge import process, rundir
from orchestrator.edge.fingerprint import file_sha256
from orchestrator.edge.sweep import socket_folder
from orchestrator.edge.vm_files import contained
from orchestrator.model import rundir as names
from orchestrator.model.errors import UsageError
from orchestrator.model.recording import Recorded
from orchestrator.plan import qcow2
from orchestrator.plan.qemu import Boot
from orchestrator.plan.qemu_record import IMAGE_BYTES, Recording

FOLDER = "recording"  # of a run, where its recording is unless the user names a place
# Without any of them there is no replay. QEMU writes the record's first word last of all
# (replay_finish() in replay/replay.c), so that a record that was cut short begins with zeros.
FILES = (names.RECORD, names.SNAPSHOT, names.INITRD, names.MACHINE)
_FIRST_WORD = 4


def place(folder: Path) -> None:
    """What QEMU records into."""
    rundir.write(folder, names.SNAPSHOT, qcow2.empty(IMAGE_BYTES))


def finished(folder: Path) -> bool:
    """Did QEMU write the record to its end?"""
    try:
        with (folder / names.RECORD).open("rb") as stream:
            return any(stream.read(_FIRST_WORD))
    except OSError:
        return False


def digests(folder: Path) -> tuple[tuple[str, str], ...]:
    """(name, SHA-256) of FILES."""
    return tuple((name, file_sha256(folder / name)) for name in FILES)


def find(name: str) -> Path:
    """The folder of a recording: RUN's, or RUN itself. UsageError if there is none."""
    run_dir = rundir.find(name)
    for folder in (run_dir, run_dir / FOLDER):
        if (folder / names.RECORDING).is_file():
            return folder
    raise UsageError(f"{run_dir} has no recording", f"orchestrate record {name} makes one")


def read(folder: Path) -> Recorded:
    """What is known of it. UsageError if a file is not what it was when it was recorded."""
    again = "record it again"
    try:
        told = msgspec.json.decode((folder / names.RECORDING).read_bytes(), type=Recorded)
        if tuple(name for name, _ in told.digests) != FILES:
            raise ValueError("it names other files than a recording has")
        for name, digest in told.digests:
            if file_sha256(folder / name) != digest:
                raise UsageError(f"{folder / name} is not what was recorded", again)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} is no whole recording: {error}", again) from error
    return told


def differing(boot: Boot, folder: Path, limit_s: float) -> tuple[str, ...]:
    """Channels that a replay of the recording does not repeat byte for byte; in them none that
    the run did not write. boot: as it was recorded. Raises InfrastructureError if it does not end
    in time."""
    with socket_folder() as out:
        copy(folder, Path(out))
        again = replaying(boot, Path(out), folder)
        process.run(contained(again), timeout_s=limit_s, log=Path(out, names.QEMU_LOG))
        files = (names.CONSOLE, *(file for _, _, file in boot.ports))
        return tuple(
            name for name in files if (folder / name).read_bytes() != Path(out, name).read_bytes()
        )


def copy(folder: Path, out: Path) -> None:
    """The files that QEMU opens to replay it; to the snapshot it writes. Raises OSError."""
    for name in (names.RECORD, names.SNAPSHOT):
        shutil.copyfile(folder / name, out / name)


def replaying(boot: Boot, out: Path, folder: Path) -> Boot:
    """The machine recorded in this folder, replayed in out."""
    return replace(
        boot,
        recording=Recording.REPLAY,
        run_dir=str(out),
        initrd=str(folder / names.INITRD),
        qmp_socket="",
        paused=False,
    )

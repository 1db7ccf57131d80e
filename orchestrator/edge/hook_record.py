# SPDX-License-Identifier: GPL-2.0-only
"""What was installed, and a log of pushes: passed, held, skipped, not checked."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
from pathlib import Path

import msgspec

from orchestrator.edge import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.hooks import HookRecord, Installed

INSTALLED = "installed.json"
LOG = "log.jsonl"
LOG_BYTES = 256 << 10  # then the older half goes


def read(ours: Path) -> Installed | None:
    """None if nothing is installed. Raises InfrastructureError if what is there is not ours."""
    file = ours / INSTALLED
    try:
        return msgspec.json.decode(file.read_bytes(), type=Installed)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        hint = "look at it; if it can go, so can its folder: then `orchestrate hooks install`"
        raise InfrastructureError(f"cannot read {file}: {error}", hint) from error


def write(ours: Path, installed: Installed) -> None:
    """Whole or not at all."""
    ours.mkdir(exist_ok=True)
    rundir.write(ours, INSTALLED, msgspec.json.format(msgspec.json.encode(installed), indent=2))


def note(ours: Path, hook: str, word: str, what: str, why: str = "") -> None:
    """One line more in the log. A log that cannot be written holds nobody up."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    what, why = (text.encode(errors="replace").decode() for text in (what, why))  # JSON is UTF-8
    line = msgspec.json.encode(HookRecord(now, hook, word, what, why)) + b"\n"
    with contextlib.suppress(OSError):
        ours.mkdir(exist_ok=True)
        file = ours / LOG
        _halve(file)
        with file.open("ab", buffering=0) as log:  # one write: pushes may run side by side
            log.write(line)


def noted(ours: Path, most: int) -> list[HookRecord]:
    """The latest ones, oldest first. Lines that cannot be read are left out."""
    found = []
    with contextlib.suppress(OSError):
        for line in (ours / LOG).read_bytes().splitlines()[-10 * most :]:
            with contextlib.suppress(msgspec.MsgspecError):
                found.append(msgspec.json.decode(line, type=HookRecord))
    return found[-most:]


def _halve(file: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if file.stat().st_size > LOG_BYTES:
            lines = file.read_bytes().splitlines(keepends=True)
            rundir.write(file.parent, file.name, b"".join(lines[len(lines) // 2 :]))


def sum_of(file: Path) -> str:
    """SHA-256 of a file, "" if it is not there."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""

# SPDX-License-Identifier: GPL-2.0-only
"""What of a run a debugger needs: its kernel and modules, if they are still kept, and machine."""

from __future__ import annotations

import difflib
from pathlib import Path

import msgspec
from msgspec import Struct

from orchestrator.edge import kernel
from orchestrator.edge.debug.monitor import Monitor
from orchestrator.edge.store import Store
from orchestrator.edge.symbols import modules_in
from orchestrator.model import rundir as names
from orchestrator.model.errors import UsageError
from orchestrator.model.job import BuiltKernel
from orchestrator.plan.qemu import Boot
from orchestrator.report.document import read_document


class Subject(Struct, frozen=True):
    """A run that can be debugged. modules: those it had, by name."""

    run_dir: Path
    kernel: BuiltKernel
    modules: dict[str, Path]
    boot: Boot | None = None  # None: it was made before such runs kept it


def subject(run_dir: Path, store: Store) -> Subject:
    """Raises UsageError if the run never booted, or its kernel or module is kept no longer."""
    try:
        document = read_document((run_dir / names.RUN).read_text())
    except (OSError, ValueError) as error:
        raise UsageError(f"{run_dir} cannot be read: {error}", "boot again") from error
    again = f"boot again: {' '.join(document.command)}"
    keys = dict(document.keys)
    if not (run_dir / names.JOB).is_file() or "kernel" not in keys:
        raise UsageError(f"{run_dir} never got to a boot", "there is nothing to debug")
    return Subject(run_dir, *built(keys, store, again), boot=_boot(run_dir))


def built(keys: dict[str, str], store: Store, again: str) -> tuple[BuiltKernel, dict[str, Path]]:
    """(kernel, module files by name) of these keys. again: the hint if they are not there."""
    try:
        found = kernel.load(store, keys["kernel"])
        found.vmlinux.stat()
    except (OSError, LookupError, ValueError) as error:
        raise UsageError("the kernel of this run is kept no longer", again) from error
    folder = store.folder("modules") / keys.get("module", "-")
    return found, modules_in(folder) if folder.is_dir() else {}


def _boot(run_dir: Path) -> Boot | None:
    try:
        return msgspec.json.decode((run_dir / names.MACHINE).read_bytes(), type=Boot)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise UsageError(f"{run_dir / names.MACHINE} is damaged: {error}", "boot again") from error


def running(run_dir: Path, there: Monitor, store: Store) -> Subject:
    """A guest that somebody talks with now."""
    if not there.patient:
        raise UsageError(
            f"the guest of {run_dir.name} runs a command: stopped by gdb, it would be a hang",
            "orchestrate shell on a terminal; --again boots the machine of a run that has ended",
        )
    return Subject(run_dir, *built(there.keys, store, "leave it and boot again"))


def no_function(name: str, known: set[str]) -> UsageError:
    """With what comes near it."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    hint = f"did you mean {', '.join(near)}?" if near else "the compiler may have inlined it"
    return UsageError(f"neither kernel nor modules have a function {name!r}", hint)

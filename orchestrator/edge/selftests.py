# SPDX-License-Identifier: GPL-2.0-only
"""Builds kselftest's targets of a kernel's sources, and keeps what they install, by content.

An entry selftests/<key>/ holds install/, as `make install` leaves it. The sources are only read.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from orchestrator.config.selftests import FOLDER, SelftestFiles, read_list
from orchestrator.edge import kbuild, sandbox
from orchestrator.edge.derive import derive
from orchestrator.edge.fingerprint import digest, toolchain_digest
from orchestrator.edge.keeping import occupied_mib, trim
from orchestrator.edge.outputs import check_plain
from orchestrator.edge.process import Completed
from orchestrator.edge.store import Store, need_space
from orchestrator.model.errors import BuildBroken, InfrastructureError, UsageError
from orchestrator.model.job import BuiltKernel, Selftests
from orchestrator.model.progress import Progress, StageDone, StageStarted
from orchestrator.plan import make
from orchestrator.plan import selftests as plan

INSTALL = "install"
LIST = "kselftest-list.txt"
TOOLS = (("rsync", "rsync"),)  # programs that `make install` calls, and their packages
NEED_MIB = 500
KEPT_MIB = 2048  # of all targets together
TIMEOUT_S = 3600.0


def require() -> None:
    """InfrastructureError for what no target can do without."""
    lacking = [package for tool, package in TOOLS if shutil.which(tool) is None]
    if lacking:
        raise InfrastructureError(
            f"--kselftest needs {' and '.join(lacking)}",
            f"on Debian: apt-get install {' '.join(lacking)}",
        )


def build_selftests(
    name: str,
    files: SelftestFiles,
    kernel: BuiltKernel,
    sources: str,
    store: Store,
    log: Path,
    progress: Progress,
    jobs: int = 0,
) -> tuple[Selftests, Path]:
    """(the target and its tests, the folder it was installed to). sources: key of the kernel's.

    Raises BuildBroken, InfrastructureError if this host lacks what it needs, UsageError if it
    has no test.
    """
    begun_s = time.monotonic()
    progress(StageStarted("selftests", f"{name} of {kernel.release}"))
    jobs = jobs or os.cpu_count() or 1
    # Modules of its own are the kernel's, too.
    modular = "TEST_GEN_MODS_DIR" in _makefile(kernel, name)
    tools = toolchain_digest({"CC": "gcc"})
    key = digest("target", sources, name, tools, kernel.key if modular else "")

    def make_entry(entry: Path) -> None:
        require()
        need_space(entry, NEED_MIB, "a target of kselftest")
        out = entry / "out"
        out.mkdir()
        headers = _headers(kernel, sources, store, log, progress, jobs)
        derive(headers / plan.HEADERS, out / plan.HEADERS)
        argv = plan.install_argv(str(kernel.src), str(out), str(entry / INSTALL), name, jobs)
        _told(f"kselftest {name}", _make(argv, entry, kernel, log), log)
        check_plain(entry / INSTALL, entry / INSTALL)
        shutil.rmtree(out)

    entry, cached = store.entry("selftests", key, make_entry, progress)
    if not cached:
        trim(store.folder("selftests"), KEPT_MIB, occupied_mib, keep=key)
    progress(StageDone("selftests", time.monotonic() - begun_s, cached, name))
    return Selftests(name, _tests(entry / INSTALL, name), files.limit_s), entry / INSTALL


def _makefile(kernel: BuiltKernel, name: str) -> str:
    return (kernel.src / FOLDER / name / "Makefile").read_text(errors="replace")


def _headers(
    kernel: BuiltKernel, sources: str, store: Store, log: Path, progress: Progress, jobs: int
) -> Path:
    """A folder with usr/include of these sources."""

    def make_entry(entry: Path) -> None:
        argv = plan.headers_argv(str(kernel.src), str(entry), jobs)
        _told("make headers", _make(argv, entry, kernel, log), log)
        check_plain(entry / plan.HEADERS, entry / plan.HEADERS)
        for path in entry.iterdir():
            if path.is_dir() and not path.is_symlink() and path.name != plan.HEADERS:
                shutil.rmtree(path)

    entry, _ = store.entry("selftests", digest("headers", sources), make_entry, progress)
    return entry


def _make(argv: Sequence[str], entry: Path, kernel: BuiltKernel, log: Path) -> Completed:
    return sandbox.run(
        argv,
        cwd=kernel.src,
        reads=(kernel.src,),
        writes=(entry,),
        env=make.STABLE_ENV,
        timeout_s=TIMEOUT_S,
        log=log,
    )


def _told(what: str, done: Completed, log: Path) -> None:
    """Raises what a build that failed says."""
    if done.returncode == 0:
        return
    lines = done.output.splitlines()
    kbuild.blame_host(lines, log)
    words, package = plan.missing(lines)
    if words:
        hint = f"on Debian: apt-get install {package}" if package else "is its package installed?"
        raise InfrastructureError(f"{what} cannot be built here: {words}", hint, log)
    errors = make.first_errors(lines)
    hint = "the whole log has more"
    raise BuildBroken(f"{what} does not build: {make.headline(errors)}", hint, log, errors)


def _tests(install: Path, name: str) -> tuple[str, ...]:
    try:
        tests = read_list((install / LIST).read_text(errors="replace"), name)
    except OSError:
        tests = ()
    except ValueError as error:
        raise BuildBroken(f"kselftest {name} lists what is no test: {str(error)!a:.80}") from error
    if not tests:
        raise UsageError(f"--kselftest {name}: it has no test that its makefile would run")
    return tests

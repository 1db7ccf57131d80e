# SPDX-License-Identifier: GPL-2.0-only
"""The counters a guest sent, joined with the build's .gcno files by gcov itself."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from orchestrator.edge import sandbox
from orchestrator.edge.outputs import check_plain
from orchestrator.model import rundir
from orchestrator.model.job import BuiltKernel
from orchestrator.model.toolchain import Toolchain

MAX_BYTES = 64 << 20  # of one counter file: a hostile guest must not fill the disk


def has_counters(kernel: BuiltKernel, c_files: Sequence[str]) -> bool:
    """Is one of these files an object of its own, built with counters? Others, such as those that
    another file includes, or of another architecture, never send any."""
    return any((kernel.obj / file).with_suffix(".gcno").is_file() for file in c_files)


def gcov_reports(run_dir: Path, kernel: BuiltKernel) -> list[str]:
    """gcov's JSON of each profiled object; [] if the guest sent nothing readable.

    The guest's archive is not trusted: only regular files are taken from it, by name, whose
    .gcno is in the build, each once. What gcov cannot read (a kernel that went wrong may have
    written over its counters) is left out. Raises InfrastructureError if gcov is missing.
    """
    archive = run_dir / rundir.COVERAGE
    if not archive.is_file() or not archive.stat().st_size:
        return []
    with tempfile.TemporaryDirectory(prefix="orchestrate-gcov-") as folder:
        found = _unpack(archive, Path(folder), kernel.obj)
        reports = (_gcov(path, kernel.toolchain) for path in found)
        return [report for report in reports if report]


def _unpack(archive: Path, folder: Path, obj: Path) -> list[Path]:
    """Each .gcda beside a copy of its .gcno, in a folder of its own."""
    found: list[Path] = []
    seen: set[Path] = set()
    try:
        with tarfile.open(archive, "r:") as tar:  # not compressed: a bomb is refused
            for number, member in enumerate(tar):
                # A sparse file of any size costs nothing in the archive.
                if not member.isreg() or member.issparse() or member.size > MAX_BYTES:
                    continue
                notes = _notes(member.name, obj)
                if notes is None or notes in seen:
                    continue
                seen.add(notes)
                place = folder / str(number)
                place.mkdir()
                data = tar.extractfile(member)
                assert data is not None
                (place / notes.with_suffix(".gcda").name).write_bytes(data.read())
                shutil.copyfile(notes, place / notes.name)
                found.append(place / notes.with_suffix(".gcda").name)
    except (tarfile.TarError, ValueError, EOFError):
        return found  # cut short: judge says so, what came is still true
    return found


def _notes(member: str, obj: Path) -> Path | None:
    """The .gcno of a counter file, which debugfs names by the path the object was built at."""
    path = PurePosixPath(member)
    if path.suffix != ".gcda" or obj.name not in path.parts or ".." in path.parts:
        return None
    parts = path.with_suffix(".gcno").parts
    # A folder of the same name may be above the objects' or, such as tools/build, below it.
    places = (obj.joinpath(*parts[at + 1 :]) for at, part in enumerate(parts) if part == obj.name)
    return next(filter(_is_file, places), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for any file
        return False


def _gcov(path: Path, toolchain: Toolchain) -> str:
    """ "" if gcov cannot make anything of it; it reads the guest's bytes in the sandbox."""
    program = toolchain.tool("gcov")
    if toolchain.llvm:
        return _llvm_cov(path, program)
    argv = [program, "--json-format", "--stdout", path.name]
    folder = path.parent
    done = sandbox.run(argv, cwd=folder, reads=(folder,), programs=(program,), timeout_s=60)
    return done.output if done.returncode == 0 else ""


def _llvm_cov(path: Path, program: str) -> str:
    """clang's counters are read by LLVM alone. It has the intermediate format of gcc before 9, and
    writes it to files; its text for people would need the sources."""
    folder = path.parent
    argv = [program, "gcov", "-i", path.name]
    done = sandbox.run(argv, cwd=folder, writes=(folder,), programs=(program,), timeout_s=60)
    check_plain(folder, folder)
    if done.returncode != 0:
        return ""
    return "\n".join(each.read_text(errors="replace") for each in sorted(folder.glob("*.gcov")))

# SPDX-License-Identifier: GPL-2.0-only
"""The counters a guest sent, joined with the build's .gcno files by gcov itself."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from orchestrator.edge import process
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltKernel

MAX_BYTES = 64 << 20  # of one counter file: a hostile guest must not fill the disk


def gcov_reports(run_dir: Path, kernel: BuiltKernel) -> list[str]:
    """gcov's JSON of each profiled object; [] if the guest sent nothing readable.

    The guest's archive is not trusted: only regular files are taken from it, by name, whose
    .gcno is in the build. Raises InfrastructureError if gcov is missing or fails.
    """
    archive = run_dir / rundir.COVERAGE
    if not archive.is_file() or not archive.stat().st_size:
        return []
    with tempfile.TemporaryDirectory(prefix="orchestrate-gcov-") as folder:
        found = _unpack(archive, Path(folder), kernel.obj)
        return [_gcov(path) for path in found]


def _unpack(archive: Path, folder: Path, obj: Path) -> list[Path]:
    """Each .gcda beside a copy of its .gcno, in a folder of its own."""
    found = []
    try:
        with tarfile.open(archive) as tar:
            for number, member in enumerate(tar):
                if not member.isreg() or member.size > MAX_BYTES:
                    continue
                notes = _notes(member.name, obj)
                if notes is None:
                    continue
                place = folder / str(number)
                place.mkdir()
                data = tar.extractfile(member)
                assert data is not None
                (place / notes.with_suffix(".gcda").name).write_bytes(data.read())
                shutil.copyfile(notes, place / notes.name)
                found.append(place / notes.with_suffix(".gcda").name)
    except tarfile.TarError:
        return found  # cut short: judge says so, what came is still true
    return found


def _notes(member: str, obj: Path) -> Path | None:
    """The .gcno of a counter file, which debugfs names by the path the object was built at."""
    path = PurePosixPath(member)
    if path.suffix != ".gcda" or obj.name not in path.parts or ".." in path.parts:
        return None
    parts = path.with_suffix(".gcno").parts
    last = len(parts) - 1 - parts[::-1].index(obj.name)
    notes = obj.joinpath(*parts[last + 1 :])
    return notes if notes.is_file() else None


def _gcov(path: Path) -> str:
    done = process.run(
        ["gcov", "--json-format", "--stdout", path.name], cwd=path.parent, timeout_s=60
    )
    if done.returncode != 0:
        last = done.output.strip().splitlines()[-1:] or ["no message"]
        raise InfrastructureError(f"gcov failed on {path.name}: {last[0]}")
    return done.output

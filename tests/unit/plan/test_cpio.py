# SPDX-License-Identifier: GPL-2.0-only
"""Archives, read back by the cpio program and, where it is missing, field by field."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from orchestrator.plan import cpio

ENTRIES = (
    cpio.directory("bin"),
    cpio.file("bin/tool", b"#!/bin/sh\n", 0o755),
    cpio.symlink("bin/alias", "tool"),
    cpio.file("empty", b""),
    cpio.file("odd", bytes(range(256)) * 3 + b"x"),
)


def members(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Name → (mode, content), as buffer-format.rst describes the format."""
    found, at = {}, 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 110 + name_size]
        assert name.endswith(b"\0")
        start = at + (110 + name_size + 3) // 4 * 4
        if name == b"TRAILER!!!\0":
            assert not data[start:].strip(b"\0")
            return found
        found[name[:-1].decode()] = (mode, data[start : start + size])
        at = start + (size + 3) // 4 * 4


def test_every_entry_is_there_and_whole() -> None:
    found = members(cpio.archive(ENTRIES))
    assert found == {entry.path: (entry.mode, entry.data) for entry in ENTRIES}


def test_the_cpio_program_unpacks_it(tmp_path: Path) -> None:
    program = shutil.which("cpio")
    if program is None:
        pytest.skip("cpio is not installed")
    subprocess.run(
        [program, "-i", "--quiet"], input=cpio.archive(ENTRIES), cwd=tmp_path, check=True
    )
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")) == sorted(
        entry.path for entry in ENTRIES
    )
    for entry in ENTRIES:
        path = tmp_path / entry.path
        if stat.S_ISREG(entry.mode):
            assert path.read_bytes() == entry.data
            assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(entry.mode)
    assert (tmp_path / "bin/alias").readlink() == Path("tool")


def test_the_cpio_program_lists_a_device() -> None:
    program = shutil.which("cpio")
    if program is None:
        pytest.skip("cpio is not installed")
    data = cpio.archive([cpio.directory("dev"), cpio.character_device("dev/console", 5, 1)])
    listed = subprocess.run(
        [program, "-itv", "--quiet"], input=data, capture_output=True, check=True
    )
    row = listed.stdout.decode().splitlines()[1]
    assert row.startswith("crw-------")
    assert row.replace(",", " ").split()[4:6] == ["5", "1"]


def test_the_same_entries_give_the_same_bytes() -> None:
    first = cpio.archive(ENTRIES)
    assert first == cpio.archive(list(ENTRIES))
    assert len(first) % 512 == 0
    changed = (*ENTRIES[:3], cpio.file("empty", b"x"), ENTRIES[4])
    assert first != cpio.archive(changed)


def test_an_empty_archive_is_a_trailer() -> None:
    assert members(cpio.archive(())) == {}

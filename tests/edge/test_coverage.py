# SPDX-License-Identifier: GPL-2.0-only
"""Counters of a real profiled object through real gcov, and archives no guest should send."""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from profiled import C_FILE, Built, archive, build, member

from orchestrator.edge import coverage
from orchestrator.edge.coverage import gcov_reports
from orchestrator.model import rundir
from orchestrator.parse.gcov import add, parse_gcov

# debugfs names a file by the path its object was built at, which is not where it is now.
NAME = "./building/0123/src/build/kernel/twice.gcda"
RETURN, NEGATIVE, CALL = 10, 6, 22  # lines of SOURCE


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("tree"))


@pytest.fixture(autouse=True)
def nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: Built
) -> Iterator[None]:
    """No file outside the temporary folder, and none in it afterwards."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    before = {path: path.stat().st_mtime_ns for path in built.tree.rglob("*")}
    yield
    assert list(temporary.iterdir()) == []
    assert {path: path.stat().st_mtime_ns for path in built.tree.rglob("*")} == before
    assert {path.name for path in tmp_path.iterdir()} <= {"temporary", "run"}


def counts(run_dir: Path, built: Built) -> dict[int, int]:
    reports = gcov_reports(run_dir, built.kernel)
    return add(parse_gcov(text) for text in reports).get(C_FILE, {})


def test_lines_that_ran_and_did_not(tmp_path: Path, built: Built) -> None:
    found = counts(archive(tmp_path / "run", member(NAME, built.gcda)), built)
    assert found[RETURN] == 7
    assert found[NEGATIVE] == 0
    assert CALL in found and 8 not in found  # the line under #ifdef


def test_a_folder_of_the_same_name_above_or_below(tmp_path: Path, built: Built) -> None:
    for name in ("build/x/build/kernel/twice.gcda", "/srv/build/src/build/kernel/twice.gcda"):
        assert counts(archive(tmp_path / "run", member(name, built.gcda)), built)[RETURN] == 7


def test_no_archive_or_an_empty_one(tmp_path: Path, built: Built) -> None:
    run = tmp_path / "run"
    run.mkdir()
    assert gcov_reports(run, built.kernel) == []
    assert gcov_reports(archive(run, end=b""), built.kernel) == []
    assert gcov_reports(archive(run), built.kernel) == []


@pytest.mark.parametrize(
    "name",
    [
        "kernel/twice.gcda",  # not of this build
        "build/kernel/other.gcda",
        "build/kernel/twice.gcno",
        "build/../../etc/build/kernel/twice.gcda",
        "build/../build/kernel/twice.gcda",
        "../build/kernel/twice.gcda",
        "build",
        "build/.gcda",
        "build/" + "x" * 4000 + ".gcda",
        "build/" + "d/" * 3000 + "twice.gcda",
        "build/k\x1b[2J/twice.gcda",
        "",
    ],
)
def test_names_that_are_none_of_the_builds(tmp_path: Path, built: Built, name: str) -> None:
    members = (member(name, built.gcda), member(NAME, built.gcda))
    run = archive(tmp_path / "run", *members)
    assert len(gcov_reports(run, built.kernel)) == 1


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE,
     tarfile.DIRTYPE],
)  # fmt: skip
def test_what_is_no_regular_file(tmp_path: Path, built: Built, kind: bytes) -> None:
    run = archive(tmp_path / "run", member(NAME, kind=kind, link="/etc/passwd"))
    assert gcov_reports(run, built.kernel) == []


def test_one_too_large(tmp_path: Path, built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    run = archive(tmp_path / "run", member(NAME, built.gcda))
    monkeypatch.setattr(coverage, "MAX_BYTES", len(built.gcda) - 1)
    assert gcov_reports(run, built.kernel) == []
    monkeypatch.setattr(coverage, "MAX_BYTES", len(built.gcda))
    assert len(gcov_reports(run, built.kernel)) == 1


def test_a_sparse_file_of_any_size(tmp_path: Path, built: Built) -> None:
    """63 MiB of holes in half a kilobyte, as GNU tar writes them."""
    head = bytearray(member(NAME, bytes(512))[:512])
    head[156:157] = tarfile.GNUTYPE_SPARSE
    head[386:398], head[398:410] = b"%011o\0" % 0, b"%011o\0" % 512
    head[483:495] = b"%011o\0" % (63 << 20)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    run = archive(tmp_path / "run", bytes(head) + bytes(512))
    with tarfile.open(run / rundir.COVERAGE) as tar:
        assert [(each.issparse(), each.size) for each in tar] == [(True, 63 << 20)]
    assert gcov_reports(run, built.kernel) == []


def test_each_file_once(tmp_path: Path, built: Built) -> None:
    """Half a kilobyte in the archive must not cost a copy of the notes and a run of gcov each."""
    run = archive(tmp_path / "run", *[member(NAME, built.gcda)] * 50)
    assert len(gcov_reports(run, built.kernel)) == 1


def test_cut_anywhere(tmp_path: Path, built: Built) -> None:
    whole = archive(tmp_path / "run", member(NAME, built.gcda)) / rundir.COVERAGE
    data = whole.read_bytes()
    for end in (1, 100, 511, 512, 513, 512 + len(built.gcda) - 1, 512 + len(built.gcda)):
        whole.write_bytes(data[:end])
        reports = gcov_reports(tmp_path / "run", built.kernel)
        assert len(reports) == (end >= 512 + len(built.gcda))


@pytest.mark.parametrize("noise", [b"\xff" * 2048, os.urandom(4096), b"\0" * 512 + b"x" * 512])
def test_noise(tmp_path: Path, built: Built, noise: bytes) -> None:
    assert gcov_reports(archive(tmp_path / "run", noise), built.kernel) == []


@pytest.mark.parametrize("record", ["-1 size=5\n", "9999999 x=y\n", "11 size=abc\n", "x\n"])
def test_odd_headers(tmp_path: Path, built: Built, record: str) -> None:
    odd = member("pax", record.encode(), tarfile.XHDTYPE)
    run = archive(tmp_path / "run", odd, member(NAME, built.gcda))
    assert len(gcov_reports(run, built.kernel)) <= 1


@pytest.mark.parametrize("cut", [0, 5])
def test_a_compressed_one_is_not_opened(tmp_path: Path, built: Built, cut: int) -> None:
    run = archive(tmp_path / "run", member(NAME, built.gcda))
    packed = gzip.compress((run / rundir.COVERAGE).read_bytes())
    (run / rundir.COVERAGE).write_bytes(packed[: len(packed) - cut])
    assert gcov_reports(run, built.kernel) == []


@pytest.mark.parametrize("data", [b"", b"garbage!", b"adcg" + bytes(60)])
def test_counters_gcov_cannot_read(tmp_path: Path, built: Built, data: bytes) -> None:
    """A kernel that went wrong may write over them: no failure of ours."""
    run = archive(tmp_path / "run", member(NAME, data))
    for text in gcov_reports(run, built.kernel):
        assert set(parse_gcov(text).get(C_FILE, {}).values()) <= {0}

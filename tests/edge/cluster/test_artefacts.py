# SPDX-License-Identifier: GPL-2.0-only
"""Artefacts by content: on a disk, over SSH to a real sshd, in a bucket."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import servers

from orchestrator.edge.cluster.artefacts import Artefacts, DamagedArtefact
from orchestrator.model.cluster import Artefact
from orchestrator.model.errors import InfrastructureError, UsageError

DATA = b"a kernel" * 40_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "made"
    path.write_bytes(DATA)
    return path


def test_what_is_put_can_be_got(place: Artefacts, file: Path, tmp_path: Path) -> None:
    artefact = place.put(file)
    assert artefact == Artefact(hashlib.sha256(DATA).hexdigest(), len(DATA))
    assert place.has(artefact)
    place.get(artefact, tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == DATA


def test_what_is_not_there_is_told(place: Artefacts, tmp_path: Path) -> None:
    nothing = Artefact(hashlib.sha256(b"").hexdigest(), 0)
    assert not place.has(nothing)
    with pytest.raises(InfrastructureError):
        place.get(nothing, tmp_path / "got")
    assert not list(tmp_path.glob("*got*"))


def test_what_was_changed_is_never_used_and_can_be_put_again(
    place: Artefacts, file: Path, tmp_path: Path, damage: Callable[[str, bytes], None]
) -> None:
    artefact = place.put(file)
    damage(artefact.sha256, DATA[:-1] + b"?")
    with pytest.raises(DamagedArtefact, match="is damaged"):
        place.get(artefact, tmp_path / "got")
    assert not (tmp_path / "got").exists()
    assert not place.has(artefact)
    assert place.put(file) == artefact
    place.get(artefact, tmp_path / "got")


def test_what_was_torn_is_not_there(
    place: Artefacts, file: Path, damage: Callable[[str, bytes], None]
) -> None:
    artefact = place.put(file)
    damage(artefact.sha256, DATA[:100])
    assert not place.has(artefact)
    place.put(file)
    assert place.has(artefact)


def test_it_is_put_once(place: Artefacts, file: Path, damage: Callable[[str, bytes], None]) -> None:
    artefact = place.put(file)
    same_size = bytes(len(DATA))
    damage(artefact.sha256, same_size)  # what is there now was not put
    place.put(file)
    other, root = place._connect(True)
    path = f"{root}/{artefact.sha256[:2]}/{artefact.sha256[2:]}"
    with other.open(path, "rb") as there:
        assert there.read() == same_size


def test_many_may_put_the_same_at_a_time(place: Artefacts, file: Path, tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def put() -> None:
        try:
            place.put(file)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    place.get(place.put(file), tmp_path / "got")


@pytest.mark.parametrize("url", ["", "here", "http://host/x", "file:", "s3://", "ftp://h/x"])
def test_other_places_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="no place"):
        Artefacts(url)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 63, "G" * 64])
def test_an_artefacts_name_goes_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(InfrastructureError, match="no SHA-256"):
        Artefacts(f"file://{tmp_path}").get(Artefact(name, 1), tmp_path / "got")


@pytest.mark.skipif(not servers.SSHD, reason="no sshd")
def test_a_host_nobody_knows_is_refused(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with servers.sshd(tmp_path / "a", known=False) as (url, home):
        monkeypatch.setenv("HOME", str(home))
        with pytest.raises(InfrastructureError, match=r"not found in known_hosts") as told:
            Artefacts(url).put(file)
    assert "known_hosts" in told.value.hint
    assert not list((tmp_path / "a" / "place").iterdir())


def test_passwords_are_not_shown() -> None:
    assert Artefacts("sftp://me:secret@host/x").shown == "sftp://me@host/x"

# SPDX-License-Identifier: GPL-2.0-only
"""Places for artefacts, of each kind the product knows."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import servers

from orchestrator.edge.cluster.artefacts import Artefacts


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """(s3://…, environment of its clients)."""
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    with servers.s3(tmp_path_factory.mktemp("s3")) as found:
        yield found


@pytest.fixture(scope="session")
def login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """(sftp://…, home directory)."""
    if not servers.SSHD:
        pytest.skip("no sshd: apt-get install openssh-server")
    with servers.sshd(tmp_path_factory.mktemp("ssh")) as found:
        yield found


@pytest.fixture(params=["file", "sftp", "s3"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Artefacts:
    """An empty one."""
    if request.param == "file":
        return Artefacts(f"file://{tmp_path}/place")
    own = secrets.token_hex(4)
    if request.param == "sftp":
        url, home = request.getfixturevalue("login")
        monkeypatch.setenv("HOME", str(home))
        return Artefacts(f"{url}/{own}")
    url, environment = request.getfixturevalue("bucket")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Artefacts(f"{url}/{own}")


@pytest.fixture
def damage(place: Artefacts) -> Callable[[str, bytes], None]:
    """Writes other bytes under an artefact's name, behind the product's back."""

    def write(digits: str, data: bytes) -> None:
        other, root = place._connect(True)
        with other.open(f"{root}/{digits[:2]}/{digits[2:]}", "wb") as file:
            file.write(data)

    return write

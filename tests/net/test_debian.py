# SPDX-License-Identifier: GPL-2.0-only
"""Trees from the Debian mirror of this system's apt: some 160 MB a test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.config.source_spec import parse_source_spec
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store
from orchestrator.model.errors import UsageError
from orchestrator.model.progress import silent

pytestmark = pytest.mark.net


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store"))


def _system_apt() -> dict[str, int]:
    """mtimes of all that belongs to the system's own apt."""
    folders = (Path("/etc/apt"), Path("/var/lib/apt/lists"), Path("/var/cache/apt"))
    paths = (path for folder in folders for path in (folder, *folder.rglob("*")))
    return {str(path): path.lstat().st_mtime_ns for path in paths}


@pytest.mark.parametrize(
    ("text", "release"),
    [("debian:linux-source-7.3", "7.3."), ("debian-src:linux", "7.")],
)
def test_a_tree_and_the_system_is_untouched(store: Store, text: str, release: str) -> None:
    before = _system_apt()
    tree = fetch(parse_source_spec(text), store, silent)
    assert _system_apt() == before
    assert tree.release.startswith(release)
    assert tree.origin.startswith(f"{text}=")
    assert (tree.path / "kernel/kthread.c").is_file()


def test_the_second_time_no_mirror_is_needed(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = fetch(parse_source_spec("default"), store, silent)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))  # no apt-get, no tar
    assert fetch(parse_source_spec("default"), store, silent) == first


def test_what_is_not_offered(store: Store) -> None:
    with pytest.raises(UsageError) as caught:
        fetch(parse_source_spec("debian:linux-source-9.9"), store, silent)
    assert "linux-source-7.3" in caught.value.hint

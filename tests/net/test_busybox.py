# SPDX-License-Identifier: GPL-2.0-only
"""A guest's busybox of another architecture, from the Debian mirror of this system's apt: 10 MB."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from orchestrator.edge.guest_busybox import busybox_for
from orchestrator.edge.store import Store
from orchestrator.model.arch import ARM64
from orchestrator.model.progress import silent

pytestmark = pytest.mark.net


def test_it_is_static_alone_in_its_folder_and_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    found = busybox_for(ARM64, store, silent)
    assert [path.name for path in found.parent.iterdir()] == ["busybox"]
    with found.open("rb") as stream:
        elf = ELFFile(stream)
        assert elf["e_machine"] == "EM_AARCH64"
        assert not any(segment["p_type"] == "PT_INTERP" for segment in elf.iter_segments())
    monkeypatch.setenv("PATH", os.fspath(tmp_path))  # no apt-get
    assert busybox_for(ARM64, store, silent) == found

# SPDX-License-Identifier: GPL-2.0-only
"""What a host lacks is said before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge import host
from orchestrator.model.errors import InfrastructureError


def test_a_host_with_nothing_is_told_all_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfrastructureError) as told:
        host.require()
    assert "flex" in told.value.message and "qemu-system-x86_64" in told.value.message
    assert "qemu-system-x86" in told.value.hint


def test_one_missing_tool_is_the_only_one_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    present = tmp_path / "present"
    present.touch()
    needs = (
        host.Need("here", "package-of-here", "", file=str(present)),
        host.Need("gone", "package-of-gone", "", file=str(tmp_path / "absent")),
        host.Need("nice to have", "extra", "", required=False, file=str(tmp_path / "absent")),
    )
    monkeypatch.setattr(host, "NEEDS", needs)
    with pytest.raises(InfrastructureError) as told:
        host.require()
    assert told.value.message == "this host lacks gone"
    assert told.value.hint.endswith("apt-get install package-of-gone")


def test_a_host_with_everything_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    present = tmp_path / "present"
    present.touch()
    monkeypatch.setattr(host, "NEEDS", (host.Need("here", "p", "", file=str(present)),))
    host.require()

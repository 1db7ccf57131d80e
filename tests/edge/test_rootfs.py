# SPDX-License-Identifier: GPL-2.0-only
"""A Debian root file system: what a user lacks who cannot make one."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge.rootfs import no_ids


@pytest.mark.parametrize(
    ("uids", "gids", "said"),
    [
        ("me:100000:65536\n", "me:100000:65536\n", ""),
        ("you:100000:65536\nme:165536:65536\n", "me:1:70000\n", ""),
        ("me:100000:65536\n", "", "gid; as root: usermod --add-subuids 165536-231071"),
        ("", "", "uid and {}gid; as root: usermod --add-subuids 100000-165535"),
        ("mee:100000:65536\n", "me:100000:10\n", "uid and {}gid; as root"),
        ("me:x:y\nme\n\n:::::\n", "me:1:-5\n", "uid and {}gid; as root"),
        (None, None, "uid and {}gid; as root"),
    ],
)
def test_who_has_no_ids_is_told_how_to_get_them(
    tmp_path: Path, uids: str | None, gids: str | None, said: str
) -> None:
    files = (tmp_path / "uid", tmp_path / "gid")
    for file, text in zip(files, (uids, gids), strict=True):
        if text is not None:
            file.write_text(text)
    found = no_ids("me", files)
    assert bool(found) == bool(said) and said.replace("{}", f"{tmp_path}/") in found
    assert not found or found.endswith(" me")

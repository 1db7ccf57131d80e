# SPDX-License-Identifier: GPL-2.0-only
"""A folder of patches, as format-patch or quilt leaves one."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.edge.patch_folder import read_folder
from orchestrator.model.errors import OrchestrateError, UsageError

DIFF = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-{0}\n+{1}\n"
MAIL = (
    "From 1 Mon Sep 17 00:00:00 2001\nFrom: A <a@invalid>\nSubject: [PATCH {0}/2] {0}\n\n---\n{1}"
)


def test_mails_of_one_series_whatever_the_files_are_called(tmp_path: Path) -> None:
    (tmp_path / "b.patch").write_text(MAIL.format(1, DIFF.format("x", "y")))
    (tmp_path / "a.patch").write_text(MAIL.format(2, DIFF.format("y", "z")))
    (tmp_path / "README").write_text("no patch")
    series = read_folder(tmp_path)
    assert [patch.number for patch in series.patches] == [1, 2]


def test_one_that_is_missing_is_missed(tmp_path: Path) -> None:
    (tmp_path / "a.patch").write_text(MAIL.format(2, DIFF.format("y", "z")))
    (tmp_path / "b.patch").write_text(MAIL.format(3, DIFF.format("z", "a")).replace("/2", "/3"))
    with pytest.raises(OrchestrateError):
        read_folder(tmp_path)


def test_a_quilt_series_names_the_order(tmp_path: Path) -> None:
    for name, pair in (("one", "xy"), ("two", "yz"), ("unused", "ab")):
        (tmp_path / f"{name}.diff").write_text(DIFF.format(*pair))
    (tmp_path / "series").write_text("# the order\ntwo.diff -p1\n\none.diff # last\n")
    assert ["-y" in patch.diff for patch in read_folder(tmp_path).patches] == [True, False]


@pytest.mark.parametrize("line", ["../x.patch", "/etc/passwd", "a/../../x", "no-such.patch"])
def test_a_series_of_what_is_elsewhere(tmp_path: Path, line: str) -> None:
    (tmp_path / "series").write_text(f"{line}\n")
    with pytest.raises(UsageError):
        read_folder(tmp_path)


def test_no_patch_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no patch in"):
        read_folder(tmp_path)

# SPDX-License-Identifier: GPL-2.0-only
"""Patches of a series: the one that broke it is named; what does not apply or build is no reason
to stop."""

from __future__ import annotations

from pathlib import Path

from planted import ALWAYS, FILE, bisect, mails, planted, tree_of
from running import Done


def test_the_patch_is_named(green: Done, tmp_path: Path) -> None:
    """Of nine: the fourth does not apply, the fifth does not build, the seventh has the fault."""
    text = (tree_of(green) / FILE).read_text()
    series = mails(text, planted(text, ALWAYS))
    stray = mails("int nowhere;\n" * 9, [("kthread: does not apply", "int nowhere;\n" * 3)])[0]
    series.insert(3, stray)
    folder = tmp_path / "patches"
    folder.mkdir()
    for number, mail in enumerate(series, start=1):
        (folder / f"{number:04}-x.patch").write_text(mail)
    (folder / "series").write_text("".join(f"{file.name}\n" for file in sorted(folder.iterdir())))
    result = bisect(tmp_path, "--config", "numa", "--suite", "placement", "--patches", str(folder))
    (suspect,) = result["suspects"]
    assert (result["word"], suspect["name"]) == ("found", "patch 7"), result
    assert "the fault" in suspect["title"] and result["sure"] >= 0.95
    (after,), (before,) = result["after"], result["before"]
    assert after["bad"] and not before["bad"] and before["good"]
    assert any("patch 4 does not apply and is left out" in note for note in result["notes"])
    assert result["steps"][0]["name"] == "base" and len(result["steps"]) == 9
    assert all(bool(each["identity"]) != (each["node"] == 4) for each in result["builds"])
    assert (tmp_path / "runs/0006-patch-7").is_dir()


def test_a_comment_is_the_same_kernel(green: Done, tmp_path: Path) -> None:
    """The patch behind the fault, and the last: no run of either is needed."""
    text = (tree_of(green) / FILE).read_text()
    bad, remark = (mail[1] for mail in planted(text, ALWAYS)[5:7])
    file = tmp_path / "two.mbox"
    file.write_text("".join(mails(text, [("the fault", bad), ("a remark", remark)])))
    result = bisect(tmp_path, "--config", "numa", "--suite", "placement", "--patches", str(file))
    (suspect,) = result["suspects"]
    assert (result["word"], suspect["name"]) == ("found", "patch 1"), result
    assert result["same"] == [[1, 2]]

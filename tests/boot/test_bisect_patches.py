# SPDX-License-Identifier: GPL-2.0-only
"""Patches of a series: the one that broke it is named; what does not apply or build is no reason
to stop."""

from __future__ import annotations

from pathlib import Path

from planted import FILE, NODE, bisect, mails, tree_of, with_function
from running import Done


def test_the_patch_is_named(green: Done, tmp_path: Path) -> None:
    """Of seven: the third does not build, the fourth does not apply, the sixth has the fault."""
    text = (tree_of(green) / FILE).read_text()
    remark = text + "/* a remark */\n"
    one = with_function(remark, 1)
    broken = one + "int orch_broken(void) { return nothing; }\n"
    two = with_function(one, 2)
    bad = two.replace(NODE, "create->node = NUMA_NO_NODE;", 1)
    assert bad != two
    series = mails(
        text,
        [
            ("kthread: a remark", remark),
            ("kthread: one", one),
            ("kthread: does not build", broken),
            ("kthread: builds again", two),
            ("kthread: the fault", bad),
            ("kthread: another remark", bad + "/* another remark */\n"),
        ],
    )
    stray = mails("int nowhere;\n" * 9, [("kthread: does not apply", "int nowhere;\n" * 3)])[0]
    series.insert(3, stray)
    folder = tmp_path / "patches"
    folder.mkdir()
    for number, mail in enumerate(series, start=1):
        (folder / f"{number:04}-x.patch").write_text(mail)
    (folder / "series").write_text("".join(f"{file.name}\n" for file in sorted(folder.iterdir())))
    result = bisect(tmp_path, "--config", "numa", "--suite", "placement", "--patches", str(folder))
    (suspect,) = result["suspects"]
    assert (result["word"], suspect["name"]) == ("found", "patch 6"), result
    assert "the fault" in suspect["title"] and result["sure"] >= 0.95
    (after,), (before,) = result["after"], result["before"]
    assert after["bad"] and not before["bad"] and before["good"]
    assert any("patch 4 does not apply and is left out" in note for note in result["notes"])
    assert result["steps"][0]["name"] == "base" and len(result["steps"]) == 7
    # A comment behind the fault is the same kernel: patch 7 was not run for itself.
    assert [5, 6] in result["same"]
    assert (tmp_path / "runs/0005-patch-6").is_dir()

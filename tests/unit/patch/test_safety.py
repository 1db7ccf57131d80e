# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest

from orchestrator.model.diff import FileDiff
from orchestrator.model.errors import PatchBroken
from orchestrator.patch.apply import no_links
from orchestrator.patch.diff import parse_diff
from orchestrator.patch.safety import MAX_DIFF_MIB, check_size, hazards


def of(old: str, new: str) -> tuple[FileDiff, ...]:
    return parse_diff(f"--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a\n+b\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a/../etc/passwd", "b/../etc/passwd", "outside the tree"),
        ("a/x/../../y", "b/x/../../y", "outside the tree"),
        ("/etc/passwd", "/etc/passwd", "outside the tree"),
        ("a/x", "b//etc/passwd", "outside the tree"),
        ("a/.git/config", "b/.git/config", r"inside \.git"),
        ("a/sub/.GIT/hooks/x", "b/sub/.GIT/hooks/x", r"inside \.git"),
        ('"a/x\\ny"', '"b/x\\ny"', "control characters"),
        ("a/link/x.c", "b/link/x.c", "link is a symbolic link"),
    ],
)
def test_paths_that_are_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(PatchBroken, match=said):
        hazards(of(old, new), lambda path: path == "link")


def test_a_plain_file_is_no_hazard() -> None:
    assert hazards(of("a/kernel/kthread.c", "b/kernel/kthread.c"), no_links) == ()


@pytest.mark.parametrize(
    ("target", "fine"), [("../mm", True), ("x.c", True), ("../../etc", False), ("/etc", False)]
)
def test_links_stay_in_the_tree(target: str, fine: bool) -> None:
    files = parse_diff(
        "diff --git a/kernel/l b/kernel/l\nnew file mode 120000\n--- /dev/null\n+++ b/kernel/l\n"
        f"@@ -0,0 +1 @@\n+{target}\n\\ No newline at end of file\n"
    )
    if fine:
        hazards(files, no_links)
        return
    with pytest.raises(PatchBroken, match="link out of the tree"):
        hazards(files, no_links)


def test_binary_and_odd_modes_are_refused() -> None:
    head = "diff --git a/x b/x\n"
    binary = parse_diff(head + "index 1111111..2222222 100644\nGIT binary patch\nliteral 1\nIc$\n")
    with pytest.raises(PatchBroken, match="binary patch"):
        hazards(binary, no_links)
    for mode in ("160000", "020666", "104755"):
        with pytest.raises(PatchBroken, match=f"mode {mode}"):
            hazards(parse_diff(head + f"new file mode {mode}\n"), no_links)


@pytest.mark.parametrize(
    "path", ["Makefile", "mm/Kconfig", "scripts/x.sh", "tools/objtool/check.c", "a/b.py", "Kbuild"]
)
def test_what_the_build_runs_is_listed(path: str) -> None:
    (hazard,) = hazards(of(f"a/{path}", f"b/{path}"), no_links)
    assert hazard.paths == (path,)
    assert "build runs" in hazard.text


def test_a_new_program_is_listed() -> None:
    files = parse_diff("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n")
    assert [hazard.paths for hazard in hazards(files, no_links)] == [("x",)]


def test_huge_is_refused() -> None:
    check_size("x" * 1024, "small")
    with pytest.raises(PatchBroken, match="more than 32"):
        check_size("x" * (MAX_DIFF_MIB * 1024 * 1024 + 2), "big")
    huge = parse_diff("--- a/x\n+++ b/x\n@@ -0,0 +1,100001 @@\n" + "+\n" * 100_001)
    with pytest.raises(PatchBroken, match="more than 100000 lines"):
        hazards(huge, no_links)

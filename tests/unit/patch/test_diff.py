# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from mangling import page

from orchestrator.model.errors import PatchBroken
from orchestrator.patch.diff import parse_diff

SMALL = """\
diff --git a/a.c b/a.c
index 1234567..89abcde 100644
--- a/a.c
+++ b/a.c
@@ -1,4 +1,4 @@ int f(void)
 one

-two
+zwei
 three
"""


def test_a_hunk_has_its_counts_lines_and_heading() -> None:
    (file,) = parse_diff(SMALL)
    (hunk,) = file.hunks
    assert (file.old_path, file.new_path, file.old_blob, file.new_blob) == (
        *("a.c", "a.c"),
        *("1234567", "89abcde"),
    )
    assert (hunk.old_start, hunk.old_count, hunk.heading) == (1, 4, "int f(void)")
    assert "".join(line.kind for line in hunk.readings[0]) == "  -+ "
    assert hunk.intact


def test_text_around_the_diff_is_skipped() -> None:
    assert parse_diff(page(SMALL)) == parse_diff(SMALL)


def test_no_diff_gives_no_files() -> None:
    assert parse_diff("Subject: hello\n\nNothing here.\n") == ()


@pytest.mark.parametrize("lost", range(1, 6))
def test_a_cut_off_hunk_is_an_error(lost: int) -> None:
    cut = "\n".join(SMALL.split("\n")[: -1 - lost]) + "\n"
    with pytest.raises(PatchBroken, match=r"cut off|before its first hunk"):
        parse_diff(cut)


def test_cut_off_at_the_start_is_an_error_too() -> None:
    with pytest.raises(PatchBroken, match="no --- and"):
        parse_diff(SMALL[SMALL.index("@@") :])


@pytest.mark.parametrize("rest", ["@", "@@ -9", "@@ -9,3 +9,4", "d", "diff --g"])
def test_cut_off_within_the_next_header_is_an_error(rest: str) -> None:
    with pytest.raises(PatchBroken, match="more lines than"):
        parse_diff(SMALL + rest)


def test_cut_off_within_an_added_line_is_an_error() -> None:
    text = "--- a/a.c\n+++ b/a.c\n@@ -1 +1,2 @@\n one\n+two and a half\n"
    assert parse_diff(text)
    with pytest.raises(PatchBroken, match="within an added line"):
        parse_diff(text[:-5])


def test_lines_beyond_the_counts_are_an_error() -> None:
    with pytest.raises(PatchBroken, match="more lines than the 4 old"):
        parse_diff(SMALL + " four\n")


def test_markers_that_were_lost_are_told_by_the_counts() -> None:
    (file,) = parse_diff(
        "--- a/a.c\n+++ b/a.c\n@@ -1,4 +1,3 @@\nint f(void)\n--x;\n-\treturn x;\n}\n"
    )
    (hunk,) = file.hunks
    assert not hunk.intact
    kinds = {"".join(line.kind for line in reading) for reading in hunk.readings}
    assert kinds == {"  - ", " -  "}  # only the file can tell which


def test_removed_dashes_are_no_file_names() -> None:
    (file,) = parse_diff("--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- a\n+++ b\n x\n")
    assert [line.text for line in file.hunks[0].readings[0]] == ["-- a", "++ b", "x"]


def test_git_headers() -> None:
    moved, gone, made, mode, binary = parse_diff(
        "diff --git a/old.c b/new.c\nsimilarity index 100%\n"
        "rename from old.c\nrename to new.c\n"
        "diff --git a/gone.c b/gone.c\ndeleted file mode 100644\nindex 1111111..0000000\n"
        "--- a/gone.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        'diff --git "a/m\\303\\244.c" "b/m\\303\\244.c"\nnew file mode 120000\n'
        'index 0000000..2222222\n--- /dev/null\n+++ "b/m\\303\\244.c"\n@@ -0,0 +1 @@\n'
        "+target\n\\ No newline at end of file\n"
        "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"
        "diff --git a/logo.png b/logo.png\nindex 3333333..4444444 100644\n"
        "Binary files a/logo.png and b/logo.png differ\n"
    )
    assert (moved.old_path, moved.new_path, moved.renamed) == ("old.c", "new.c", True)
    assert (gone.old_path, gone.new_path) == ("gone.c", None)
    assert (made.old_path, made.new_path, made.new_mode) == (None, "mä.c", "120000")
    assert not made.hunks[0].readings[0][0].eol
    assert (mode.old_mode, mode.new_mode) == ("100644", "100755")
    assert binary.binary and not mode.binary


def test_crlf_of_a_mailer_goes_and_that_of_a_file_stays() -> None:
    assert parse_diff(SMALL.replace("\n", "\r\n")) == parse_diff(SMALL)
    (file,) = parse_diff(SMALL.replace("zwei\n", "zwei\r\n"))
    assert "zwei\r" in [line.text for line in file.hunks[0].readings[0]]

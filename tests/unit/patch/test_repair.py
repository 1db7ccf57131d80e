# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import pytest
from mangling import MANGLES
from sample import PATH, SOURCE, changed, diff, repaired, result

from orchestrator.model.errors import PatchBroken
from orchestrator.patch.blob import blob
from orchestrator.patch.place import AmbiguousHunk, NoPlace

COLLAPSED = MANGLES["runs of white space"]
RICH = changed(
    ("\tint node;\n", "\tint node;\n\tu32 busy:1;\n"),
    (
        "\tint i;\n",
        "\tint i;\n\tstruct spare_args args = {\n\t\t.node\t= node,\n\t\t.id\t= i,\n\t};\n",
    ),
    (
        "\t\tif (err < 0)\n\t\t\tgoto out;\n",
        "\t\tif (err < 0) {\n\t\t\tspare_warn(spare, i,\n\t\t\t\t   err);\n#ifdef CONFIG_NUMA\n"
        "\t\t\tif (node)\n\t\t\t\tgoto free;\n\t\t\telse\n#endif\n\t\t\t\tgoto out;\n"
        "\t\t}\n\n\t\t/*\n\t\t * Others wait.\n\t\t */\n\t\tdo {\n\t\t\tcpu_relax();\n"
        "\t\t} while (spare_busy());\n",
    ),
    ("\t\t\tbreak;\n", "\t\t\tbreak;\n\t\tcase SPARE_NEW:\n\t\t\tfallthrough;\n"),
    ("out:\n", "free:\n\tspare_forget(spare);\nout:\n"),
)


@pytest.mark.parametrize("name", [name for name in MANGLES if not name.startswith("wrapped")])
def test_a_mangled_patch_gives_what_the_good_one_gives(name: str) -> None:
    assert result(MANGLES[name](diff(SOURCE, RICH))) == RICH


def test_what_was_done_is_said() -> None:
    notes = repaired(COLLAPSED(diff(SOURCE, RICH))).notes
    said = "\n".join(str(note) for note in notes)
    assert f"{PATH}, hunk 1: white space of " in said
    assert "1 line indented in kernel style" in said
    assert "the very file its author had" in said
    assert repaired(diff(SOURCE, RICH)).notes == ()


def test_the_result_is_a_patch_that_gives_the_same() -> None:
    again = repaired(COLLAPSED(diff(SOURCE, RICH))).text
    assert result(again) == RICH
    assert repaired(again).text == again
    assert repaired(again).notes == ()


def test_without_an_index_line_too() -> None:
    after = result(COLLAPSED(diff(SOURCE, RICH, index=False)))
    assert after == RICH  # the table of initialisers as the file has its own


def test_another_blob_than_the_patch_names_is_said() -> None:
    text = diff(SOURCE, changed(("node;\n\tu32", "id;\n\tu32"))).replace("+\tint id", "+\tint nid")
    (note,) = repaired(text).notes
    assert "the result is not blob" in str(note)


def test_a_moved_place_is_found_and_said() -> None:
    there = "// more\n// lines\n" + SOURCE
    made = repaired(diff(SOURCE, RICH, index=False), {PATH: there})
    assert made.changes[0].after == "// more\n// lines\n" + RICH
    assert all(note.offset == 2 for note in made.notes)
    assert "2 lines further down" in str(made.notes[0])


def twins() -> str:
    body = "{\n\tlock(&a);\n\tdo_it();\n\tunlock(&a);\n}\n\n"
    return "// first\n" + "".join(f"void {name}(void)\n{body}" for name in "fgh")


HUNK = "@@ -{},3 +{},3 @@{}\n\tlock(&a);\n-\tdo_it();\n+\tdo_more();\n\tunlock(&a);\n"


def twin_patch(line: int, heading: str = "", damaged: bool = True) -> str:
    text = HUNK.format(line, line, heading)
    text = text if damaged else text.replace("\n\t", "\n \t")
    return f"--- a/{PATH}\n+++ b/{PATH}\n" + (COLLAPSED(text) if damaged else text)


@pytest.mark.parametrize("damaged", [True, False])
def test_several_places_are_an_error(damaged: bool) -> None:
    with pytest.raises(AmbiguousHunk, match="fits in 3 places: lines 4, 11, 18") as error:
        repaired(twin_patch(9, damaged=damaged), {PATH: twins()})
    assert "more context" in error.value.hint


def test_the_function_in_the_header_tells_places_apart() -> None:
    after = result(twin_patch(9, " void g(void)"), {PATH: twins()})
    assert after is not None
    assert after.index("do_more") > after.index("void g")
    assert after.index("do_more") < after.index("void h")


def test_a_header_against_a_line_number_is_no_answer() -> None:
    assert result(twin_patch(4, damaged=False), {PATH: twins()})  # git would, too
    with pytest.raises(AmbiguousHunk):
        repaired(twin_patch(4, " void g(void)", damaged=False), {PATH: twins()})
    with pytest.raises(AmbiguousHunk):
        repaired(twin_patch(5, " void h(void)"), {PATH: twins()})


def test_fuzz_is_used_where_it_is_certain_and_is_said() -> None:
    text = diff(SOURCE, changed(("\tint err = 0;\n", "\tint err = -1;\n")), index=False)
    there = changed(("\t\t      const char *name)\n", "\t\t      const char *label)\n"))
    made = repaired(text, {PATH: there})
    assert made.changes[0].after == there.replace("err = 0", "err = -1")
    (note,) = made.notes
    assert note.fuzz > 0
    assert "context ignored" in str(note)


def test_nothing_is_applied_where_removed_lines_differ() -> None:
    text = diff(SOURCE, changed(("\tint err = 0;\n", "\tint err = -1;\n")), index=False)
    with pytest.raises(NoPlace, match=r"nearest is line .*err = 0.*err = 7"):
        repaired(text, {PATH: changed(("err = 0;", "err = 7;"))})


def test_a_change_of_white_space_only_cannot_be_had_back() -> None:
    text = COLLAPSED(diff(SOURCE, changed(("\t\t\tgoto out;", "\t\tgoto out;"))))
    with pytest.raises(PatchBroken, match="changes only white space"):
        repaired(text)


def test_entities_are_decoded_only_where_the_file_says_so() -> None:
    literal = changed(("!spare_fits(spare, i)", "!spare_fits(&lt;, i)"))
    assert result(diff(SOURCE, literal)) == literal
    text = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1,2 +1,3 @@\n int a;\n+x = &amp;y;\n int b;\n"
    with pytest.raises(PatchBroken, match="may be its own"):
        repaired(text, {PATH: "int a;\nint b;\n"})


def test_an_escaped_arrow_is_an_arrow() -> None:
    text = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1,2 +1,3 @@\n int a;\n+x = a-&gt;b &amp; c;\n int b;\n"
    assert result(text, {PATH: "int a;\nint b;\n"}) == "int a;\nx = a->b & c;\nint b;\n"


def test_cr_lf_files_stay_so() -> None:
    dos, new = SOURCE.replace("\n", "\r\n"), RICH.replace("\n", "\r\n")
    assert result(diff(SOURCE, RICH, index=False), {PATH: dos}) == new


def test_a_file_without_its_last_line_end() -> None:
    old, new = SOURCE.rstrip("\n"), RICH.rstrip("\n") + " // end"
    assert result(diff(old, new), {PATH: old}) == new
    assert result(diff(old, new + "\n"), {PATH: old}) == new + "\n"


def test_no_context_needs_the_very_file() -> None:
    text = "diff --git a/a.c b/a.c\n{}--- a/a.c\n+++ b/a.c\n@@ -1,0 +2 @@\n+int c;\n"
    tree = {"a.c": "int a;\nint b;\n"}
    with pytest.raises(AmbiguousHunk, match="no context"):
        repaired(text.format(""), tree)
    index = f"index {blob(tree['a.c'])[:12]}..{'1' * 12} 100644\n"
    assert result(text.format(index), tree) == "int a;\nint c;\nint b;\n"


@pytest.mark.parametrize(
    ("path", "line", "lead"),
    [
        ("mm/Kconfig", "config SPARE", ""),
        ("mm/Kconfig", "depends on NUMA", "\t"),
        ("mm/Makefile", "obj-$(CONFIG_SPARE) += spare.o", ""),
    ],
)
def test_build_files_keep_their_syntax(path: str, line: str, lead: str) -> None:
    old = "config A\n\tbool\n\n" if "Kconfig" in path else "obj-y := a.o\nobj-y += b.o\n"
    text = COLLAPSED(diff(old, old + f"{lead}{line}\n", path))
    both = COLLAPSED(diff(SOURCE, RICH)) + text  # which shows that white space was lost
    made = repaired(both, {PATH: SOURCE, path: old})
    assert made.changes[1].after == old + f"{lead}{line}\n"


@pytest.mark.parametrize(
    ("path", "old", "line"),
    [
        ("tools/x.py", "def f():\n    pass\n", "    return 1"),
        ("Makefile", "all:\n\techo\n", "\techo more"),
        ("mm/Kconfig", "config A\n\tbool\n\thelp\n\t  Text.\n", "\t  if you want"),
    ],
)
def test_where_indentation_is_syntax_nothing_is_guessed(path: str, old: str, line: str) -> None:
    text = COLLAPSED(diff(old, old + line + "\n", path)) + COLLAPSED(diff(SOURCE, RICH))
    with pytest.raises(PatchBroken, match="can't be known"):
        repaired(text, {PATH: SOURCE, path: old})


def test_a_line_without_indentation_may_have_lost_it() -> None:
    tree = "int a;\nint b;\nint c;\n\nvoid f(void)\n{\n\tint a;\n\tint b;\n\tint c;\n}\n"
    text = f"--- a/{PATH}\n+++ b/{PATH}\n@@ -{{}},3 +{{}},2 @@\n int a;\n-int b;\n int c;\n"
    with pytest.raises(AmbiguousHunk, match="lines 1, 7"):
        repaired(text.format(5, 5), {PATH: tree})
    assert result(text.format(1, 1), {PATH: tree}) == tree.replace("int b;\n", "", 1)

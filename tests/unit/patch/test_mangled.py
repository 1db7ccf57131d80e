# SPDX-License-Identifier: GPL-2.0-only
"""Whatever is done to a good patch: what it gives is what the good one gives, or it is refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mangling import MANGLES, wrapped
from sample import PATH, SOURCE, diff, repaired

from orchestrator.model.errors import PatchBroken
from orchestrator.patch.place import key

_LINES = SOURCE.split("\n")
_NEW = (
    "\tif (spare->busy) {",
    "\t\tspare_wait(spare);",
    "\t}",
    "",
    '\tspare_log(spare, "a line that is long enough to be wrapped", node, i, err, spare->list);',
    "\t/* a comment */",
    "#endif",
    "--count;",
    "\t--count;",
    "+ more",
    "\treturn a < b && c > d;",
)
Edits = list[tuple[int, int, list[str]]]
_EDITS = st.lists(
    st.tuples(
        st.integers(0, len(_LINES) - 2),
        st.integers(0, 4),
        st.lists(st.sampled_from(_NEW), max_size=4),
    ),
    min_size=1,
    max_size=3,
)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def edited(edits: Edits) -> str:
    lines = list(_LINES)
    for at, count, new in sorted(edits, key=lambda edit: edit[0], reverse=True):
        lines[at : at + count] = new
    after = "\n".join(lines)
    assume(after != SOURCE and after.endswith("\n"))
    return after


def words(text: str | None) -> list[str]:
    assert text is not None
    return [key(line) for line in text.split("\n")]


def after_or_refused(text: str, tree: str = SOURCE) -> str | None:
    try:
        (change,) = repaired(text, {PATH: tree}).changes
    except PatchBroken as error:
        assert error.message and "\n" not in error.message
        return None
    assert change.after is not None
    return change.after


@QUICK
@given(edits=_EDITS, name=st.sampled_from(sorted(MANGLES)), index=st.booleans())
def test_the_right_lines_or_none(edits: Edits, name: str, index: bool) -> None:
    new = edited(edits)
    after = after_or_refused(MANGLES[name](diff(SOURCE, new, index=index)))
    assert after is None or words(after) == words(new)


LOSSLESS = ("none", "leading blanks", "CRLF", "format=flowed", "a page around it")


@QUICK
@given(edits=_EDITS, name=st.sampled_from(LOSSLESS))
def test_to_the_letter_where_added_lines_were_spared(edits: Edits, name: str) -> None:
    new = edited(edits)
    text = diff(SOURCE, new)
    good = after_or_refused(text)
    assert good == new
    after = after_or_refused(MANGLES[name](text))
    if name == "leading blanks":
        # Nothing may be left to tell that added lines were spared; a "--x" may be refused.
        assert after is None or words(after) == words(new)
    else:
        assert after == new


@QUICK
@given(edits=_EDITS, cut=st.integers(1, 400), name=st.sampled_from(("none", "leading blanks")))
def test_cut_off_anywhere(edits: Edits, cut: int, name: str) -> None:
    new = edited(edits)
    text = MANGLES[name](diff(SOURCE, new))
    assume(cut < len(text) - text.index("\n@@") - 1)
    try:
        made = repaired(text[:-cut])
    except PatchBroken:
        return
    if made.changes[0].after != new:
        # Whole hunks are left. Nothing but the blob that the patch names can tell.
        assert "cut off" in str(made.notes[-1]) or "differs" in str(made.notes[-1])
        whole = [hunk for hunk in text.split("\n@@")[1:]]
        assert made.text.count("\n@@") < len(whole) + 1


@QUICK
@given(edits=_EDITS, moved=_EDITS, name=st.sampled_from(("none", "runs of white space")))
def test_onto_another_tree(edits: Edits, moved: Edits, name: str) -> None:
    """No line comes that neither has, and what the patch adds is there."""
    new, tree = edited(edits), edited(moved)
    after = after_or_refused(MANGLES[name](diff(SOURCE, new, index=False)), tree)
    if after is not None:
        known = {*words(new), *words(tree)}
        assert set(words(after)) <= known
        added = [word for word in words(new) if word not in words(SOURCE)]
        assert set(added) <= set(words(after))


@QUICK
@given(junk=st.text(max_size=400))
def test_any_text_is_refused_in_words_or_is_no_diff(junk: str) -> None:
    after_or_nothing = repaired_or_refused(junk)
    assert after_or_nothing in ((), None)


@QUICK
@given(at=st.integers(0, 2000), junk=st.text(min_size=1, max_size=20))
def test_junk_in_a_patch_never_escapes(at: int, junk: str) -> None:
    text = diff(SOURCE, SOURCE.replace("err = 0;", "err = 1;").replace("int i;", "int k;"))
    at %= len(text)
    repaired_or_refused(text[:at] + junk + text[at:])


def repaired_or_refused(text: str) -> tuple[object, ...] | None:
    try:
        return repaired(text).changes
    except PatchBroken:
        return None


@pytest.mark.parametrize("columns", [30, 40, 72])
def test_wrapped_lines_are_named(columns: int) -> None:
    text = wrapped(columns)(diff(SOURCE, SOURCE.replace("err = 0;", "err = " + "1 + " * 20 + "0;")))
    with pytest.raises(PatchBroken) as error:
        repaired(text)
    assert "wrapped" in error.value.message + error.value.hint

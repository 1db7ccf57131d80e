# SPDX-License-Identifier: GPL-2.0-only
"""compare.json, the page and the text of a comparison."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace
from rich.console import Console
from sample_compare import DIFF, LINES, broken, cell, compared, difference
from sample_results import HOSTILE

from orchestrator.model.compare import CompareResult, CoveredLine, Kind, Line, Word
from orchestrator.report import compare_words as words
from orchestrator.report.clean import clean
from orchestrator.report.compare_json import compare_json, schema
from orchestrator.report.compare_page import compare_page, diff_lines
from orchestrator.report.compare_text import compare_report
from orchestrator.report.document import to_json

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "compare.schema.json"
REGENERATE = (
    'python -c "from orchestrator.report.compare_json import schema; '
    "from orchestrator.report.document import to_json; "
    "print(to_json(schema()), end='')\" > docs/compare.schema.json"
)
VOID = {"meta", "br", "link"}
EVIL = HOSTILE + "<script>alert(1)</script><img src=x onerror=y>"
RESULTS = [
    *(compared(word) for word in Word),
    *(compared(word, EVIL, claim=EVIL) for word in Word),
    broken(),
]


class Page(HTMLParser):
    """Tags that do not match, scripts and the rows of diffs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.rows: list[tuple[str, list[str]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append((dict(attrs).get("class") or "", []))
        if tag == "td":
            self.rows[-1][1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.open and self.open[-1] == "td":
            self.rows[-1][1][-1] += data

    @property
    def diff(self) -> list[tuple[str, str, str]]:
        """(class, coverage, text) of each row that has a class."""
        return [(css, *cells) for css, cells in self.rows if css]  # type: ignore[misc]


@pytest.mark.parametrize("index", range(len(RESULTS)))
class TestAnyResult:
    def test_json_is_as_its_schema_says(self, index: int) -> None:
        result = RESULTS[index]
        value = json.loads(compare_json(result))
        jsonschema.Draft202012Validator(schema()).validate(value)
        assert value["verdict"] == result.word.value
        assert value["exit_code"] == result.word.exit_code
        assert len(value["differences"]) == len(result.differences)
        assert "word" not in value

    def test_the_page_is_well_formed_and_escaped(self, index: int) -> None:
        text = compare_page(RESULTS[index])
        page = Page(text)
        assert page.open == []
        assert not {"script", "img", "a", "b"} & set(page.tags)
        assert page.handlers == []
        assert not any(clean(line) != line for line in text.split("\n"))
        text.encode()  # a lone surrogate would not

    def test_the_text_has_no_control_characters(self, index: int) -> None:
        shown = rendered(RESULTS[index])
        assert not any(clean(line) != line for line in shown.split("\n"))
        assert f"verdict: {RESULTS[index].word.value}" in shown.splitlines()[-1]


def rendered(result: CompareResult) -> str:
    stream = io.StringIO()
    Console(file=stream, width=400, color_system=None).print(compare_report(result, "page.html"))
    return stream.getvalue()


def test_the_schema_refuses_what_is_wrong() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    good = json.loads(compare_json(RESULTS[0]))
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "verdict": "equal"})
    assert not validator.is_valid({**good, "runs": {"base": 1}})
    assert not validator.is_valid({**good, "exit_code": 2})
    for missing in good:
        assert not validator.is_valid({key: good[key] for key in good if key != missing})


def test_the_schema_file_is_current() -> None:
    hint = f"docs/compare.schema.json is not what the code writes; run: {REGENERATE}"
    assert SCHEMA_FILE.is_file(), hint
    assert SCHEMA_FILE.read_text() == to_json(schema()), hint


class TestPage:
    def test_a_row_for_every_line_of_the_diff(self) -> None:
        page = Page(compare_page(compared(Word.SAME)))
        assert [text for _, _, text in page.diff] == DIFF.split("\n")

    def test_a_row_for_every_line_of_a_hostile_diff(self) -> None:
        text = DIFF.replace("ran();", EVIL.replace("\n", "") + "</td></tr>\x0c\u2028")
        page = Page(compare_page(replace(compared(Word.SAME), diff=text)))
        assert len(page.diff) == len(DIFF.split("\n"))

    def test_what_became_of_each_line(self) -> None:
        page = Page(compare_page(compared(Word.SAME)))
        found = {text: (css, coverage) for css, coverage, text in page.diff}
        assert found["+\tnever();"] == ("never added", "never run")
        assert found["+\tran();"] == ("run added", "12 ×")
        assert found["+absent"] == ("absent added", "not compiled")
        assert found["+int f(void);"] == ("plain added", "")
        assert found[" }"] == ("context", "")

    def test_lines_that_look_like_headers(self) -> None:
        """A removed "-- x" and an added "++ y" of C are no file names."""
        page = Page(compare_page(compared(Word.SAME)))
        found = {text: (css, coverage) for css, coverage, text in page.diff}
        assert found["--- x;"] == ("gone", "")
        assert found["+++ y;"] == ("run added", "5 ×")

    def test_no_diff_no_rows(self) -> None:
        assert list(diff_lines("", cell("c"))) == []
        assert Page(compare_page(broken())).diff == []

    def test_every_difference_is_there(self) -> None:
        many = tuple(difference(Kind.TRACE, f"case_{n}", n) for n in range(50))
        result = replace(compared(Word.DIFFERS), cells=(replace(cell("c"), differences=many),))
        shown = Page(compare_page(result)).text
        assert all(f"title {n} case_{n}" in shown for n in range(50))

    def test_nothing_is_fetched(self) -> None:
        text = compare_page(compared(Word.DIFFERS))
        assert not re.search(r"https?:|src=|url\(", text)


class TestText:
    def test_lines_that_never_ran(self) -> None:
        shown = rendered(compared(Word.SAME))
        assert "never run: kernel/kthread.c:3: never();" in shown
        assert "not compiled: kernel/kthread.c:22: absent" in shown
        assert "2 of 3 lines with code were run, 1 not compiled" in shown
        assert "ran();" not in shown

    def test_no_line_is_hidden_without_a_word(self) -> None:
        many = tuple(CoveredLine("a.c", n, f"line_{n};", Line.NEVER) for n in range(100))
        shown = rendered(replace(compared(Word.SAME), cells=(replace(cell("c"), coverage=many),)))
        told = shown.count("never run: a.c:")
        assert f"... and {100 - told} more" in shown and told < 100

    def test_differences_with_both_sides_and_where(self) -> None:
        shown = rendered(compared(Word.DIFFERS))
        assert "memory leak: numa: title 1 numa" in shown
        assert "base:    nothing of the kind" in shown
        assert "patched: head numa  (1 of 2 patched runs, 0 of 3 of base)" in shown
        assert "head-1/dmesg.log:7: line numa" in shown
        assert "and so in 1 more place: also numa" in shown

    def test_more_differences_than_fit(self) -> None:
        many = tuple(difference(Kind.TRACE, f"case_{n}") for n in range(50))
        result = replace(compared(Word.DIFFERS), cells=(replace(cell("c"), differences=many),))
        assert "... and 38 more differences" in rendered(result)

    def test_the_durations(self) -> None:
        assert "100 µs, patched 250 µs; × 2.50 (95 %: 2.10 to 2.90), p = 0.0004" in rendered(
            compared(Word.SAME)
        )


class TestWords:
    @pytest.mark.parametrize(
        ("word", "said"),
        [
            (Word.DIFFERS, "is not true of this patch"),
            (Word.SAME, "holds as far as"),
            (Word.UNSURE, "is not settled"),
            (Word.BROKEN, "is not settled"),
        ],
    )
    def test_of_a_claim(self, word: Word, said: str) -> None:
        assert said in words.on_claim(compared(word, claim="No functional change"))
        assert words.on_claim(compared(word)) == ""

    def test_headlines(self) -> None:
        runs = "3 runs of base, 2 of the patched kernel"
        assert words.headline(compared(Word.SAME)) == f"nothing differs in {runs}"
        assert words.headline(compared(Word.DIFFERS)) == f"11 differences in {runs}"
        one = replace(cell("c"), differences=(difference(Kind.LEAK),))
        single = replace(compared(Word.DIFFERS), cells=(one,))
        assert words.headline(single) == f"1 difference in {runs}"
        assert words.headline(compared(Word.UNSURE)) == f"not settled in {runs}"
        assert words.headline(compared(Word.BROKEN)) == "error numa"

    def test_a_warning_is_of_the_build(self) -> None:
        assert "build" in words.sighting(difference(Kind.WARNING))
        assert "runs" in words.sighting(difference(Kind.TRACE))

    def test_coverage(self) -> None:
        assert words.coverage_counts(LINES) == {Line.NEVER: 1, Line.RUN: 2, Line.NOT_COMPILED: 1}
        none = replace(cell("c"), coverage=(), config="numa+gcov")
        assert words.coverage_sentence(none) == "no line of the patch was counted"

    def test_coverage_that_nobody_asked_for(self) -> None:
        said = words.coverage_sentence(replace(cell("c"), coverage=(), config="numa"))
        assert said == "no line of the patch was counted; the fragment gcov is not in --config"

    def test_the_reply(self) -> None:
        said = words.reply(compared(Word.DIFFERS, claim="No functional change"))
        assert "“No functional change” is not true of this patch." in said
        assert said.count("\n- ") == 7 and "- and 5 more" in said
        assert said.endswith("Kernel 7.3.4, base tree numa.")
        assert "Kernel" not in words.reply(broken())

# SPDX-License-Identifier: GPL-2.0-only
"""Whole pages: every state is shown, names stay names, and whoever reads without eyes can too."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace
from sample_dashboard import BASE, PATCHED, attempt, dashboard, everything
from sample_results import HOSTILE

from orchestrator.model.dashboard import Dashboard
from orchestrator.model.night import CellKey, Change
from orchestrator.model.standing import Standing
from orchestrator.model.verdict import Verdict
from orchestrator.report import dashboard_pages
from orchestrator.report.dashboard_names import anchor, cell_file
from orchestrator.report.dashboard_pages import pages
from orchestrator.report.dashboard_tonight import CHANGES

EVIL = (
    HOSTILE
    + "<script>alert(1)</script><img src=x onerror=y>'\"></a></title></style></svg>"
    + "javascript:alert(1)\u202e\u2066{{ 7*7 }}"
    + "x" * 300
)
VOID = {"meta", "input", "br", "link"}
# Documented nowhere else, and so worth a word: what runs in a page is this file, by its digest.
LINK = re.compile(r"(#[\w-]+|[a-z0-9-]+\.html(#[\w-]+)?|\./runs/x/(dmesg\.log)?)")


class Page(HTMLParser):
    """A page as a browser takes it apart. Raises AssertionError where tags are not balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), f"{tag}: an attribute twice"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """Attributes of these, in order."""
        return [attrs for tag, attrs in self.tags if tag in tags]


def made(data: Dashboard) -> dict[str, str]:
    found = list(pages(data))
    assert len(dict(found)) == len(found)
    return dict(found)


def page(data: Dashboard, file: str = "index.html") -> Page:
    return Page(made(data)[file])


PLAIN, HOSTILE_PAGES = made(everything()), made(everything(EVIL))
BOTH = [*PLAIN.items(), *HOSTILE_PAGES.items()]
IDS = [f"{n}-{name[:20]}" for n, (name, _) in enumerate(BOTH)]
every_page = pytest.mark.parametrize(("file", "text"), BOTH, ids=IDS)


def test_every_verdict_and_every_change_has_its_word() -> None:
    index = PLAIN["index.html"]
    for verdict in Verdict:
        assert f">{verdict.value}</span>" in index
    for change in CHANGES:
        assert f'id="{CHANGES[change][0]}"' in index
    assert ">not run</span>" in index  # the cell that nothing was heard of


@every_page
def test_a_page_is_whole_and_names_stay_names(file: str, text: str) -> None:
    found = Page(text)
    scripts = found.all("script")
    assert len(scripts) <= 1
    assert not found.all("img", "iframe", "object", "embed", "base", "form", "link")
    for tag, attrs in found.tags:
        assert not [key for key in attrs if key.startswith("on") or key == "style"], tag
    for link in found.all("a"):
        assert LINK.fullmatch(link["href"] or ""), link
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "49" not in "".join(found.texts.get("bdi", ())).replace("{{ 7*7 }}", "")


@every_page
def test_links_within_the_dashboard_lead_somewhere(file: str, text: str) -> None:
    there = HOSTILE_PAGES if text == HOSTILE_PAGES.get(file) else PLAIN
    for link in Page(text).all("a"):
        target, _, part = (link["href"] or "").partition("#")
        if target.startswith("./runs"):
            continue
        other = there[target] if target else text
        assert not part or f'id="{part}"' in other, link


@every_page
def test_a_browser_may_do_nothing_but_apply_our_style_and_run_our_script(
    file: str, text: str
) -> None:
    found = Page(text)
    (policy,) = [m["content"] for m in found.all("meta") if "http-equiv" in m]
    assert policy and policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        for body in re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy


@every_page
def test_a_reader_without_eyes_finds_the_way(file: str, text: str) -> None:
    found = Page(text)
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert found.all("html") == [{"lang": "en"}]
    assert [len(found.all(tag)) for tag in ("main", "header", "footer", "nav")] == [1] * 4
    assert all("scope" in cell for cell in found.all("th"))
    assert len(found.all("caption")) == len(found.all("table"))
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
    labels = {label["for"] for label in found.all("label")}
    assert {field["id"] for field in found.all("input")} == labels
    for picture in found.all("svg"):
        named = picture.get("role") == "img" and picture.get("aria-label")
        assert named or picture.get("aria-hidden") == "true"
    for region in found.all("div"):
        if region.get("tabindex") == "0":
            assert region.get("role") == "region"
            assert "aria-label" in region or region.get("aria-labelledby") in ids
    assert "".join(found.texts["title"]).strip()
    assert found.all("a")[0]["href"] == "#main"


def test_a_cell_leads_to_its_logs_and_says_when_they_are_gone() -> None:
    data = everything()
    here, gone = data.judged.attempts[:2]
    assert 'href="./runs/x/dmesg.log"' in PLAIN[cell_file(here.cell)]
    assert "its folder is gone" in PLAIN[cell_file(gone.cell)]
    assert f'href="{cell_file(here.cell)}"' in PLAIN["index.html"]


def test_a_cell_that_runs_later_is_no_failure_and_no_pass() -> None:
    data = dashboard([[attempt(0), attempt(0, PATCHED)], [attempt(1)]])
    night = replace(data.judged.night, ended_at="")
    running = replace(data, judged=replace(data.judged, night=night))
    text = made(running)["index.html"]
    assert "still running" in text and ">not yet</span>" in text


def test_the_first_night_of_all_has_nothing_to_be_compared_with() -> None:
    text = made(dashboard([[attempt(0)]]))["index.html"]
    assert "There is no night before it to compare with" in text
    assert "All green" in text


def test_a_matrix_without_cells_is_a_page_that_says_so() -> None:
    data = dashboard([[]])
    nothing = replace(data.judged.night, cells=())
    text = made(replace(data, judged=replace(data.judged, night=nothing)))["index.html"]
    assert "The matrix has no cells" in text and "Nothing was run" in text
    Page(text)


def test_a_cell_that_is_run_besides_the_matrix_has_its_page_too() -> None:
    """Nights are told by machines that may disagree on the matrix: no link leads nowhere."""
    data = dashboard([[attempt(0), attempt(0, PATCHED)]],
                     standings=(Standing(PATCHED, "", Change.NEW_FAILURE),))  # fmt: skip
    night = replace(data.judged.night, cells=(BASE,))
    found = made(replace(data, judged=replace(data.judged, night=night)))
    assert cell_file(PATCHED) in found
    assert f'href="{cell_file(PATCHED)}"' in found["index.html"]


def test_long_lists_are_cut_on_the_first_page_and_whole_on_another() -> None:
    standings = tuple(
        Standing(CellKey("t", "", f"c{cell}", "n"), f"s.{test}", Change.NEW_FAILURE)
        for test in range(20) for cell in range(9)
    )  # fmt: skip
    cells = [attempt(0, CellKey("t", "", f"c{cell}", "n")) for cell in range(9)]
    tests = {(cell.cell, f"s.{test}"): "f" for cell in cells for test in range(20)}
    found = made(dashboard([cells], tests, standings))
    index, tonight = found["index.html"], found["tonight.html"]
    assert "and 3 more cells" in index and "and 8 more new failures" in index
    assert anchor("s.19") not in index
    assert tonight.count(anchor("s.19")) == 1 and "more" not in Page(tonight).texts["a"]


def test_a_matrix_too_large_for_one_page_has_a_page_a_tree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dashboard_pages, "GRID_CELLS", 1)
    cells = [BASE, PATCHED, replace(BASE, tree="next")]
    found = made(dashboard([[attempt(0, cell) for cell in cells]]))
    trees = [file for file in found if file.startswith("tree-")]
    assert len(trees) == 2
    assert all(f'href="{file}"' in found["index.html"] for file in trees)
    assert cell_file(BASE) in found[trees[0]] and cell_file(BASE) not in found["index.html"]
    assert f'href="{trees[0]}#times"' in found["timing.html"]
    assert cell_file(BASE) not in found["timing.html"]
    for file in (*trees, "index.html", "timing.html"):
        Page(found[file])


def test_the_first_page_is_written_last() -> None:
    assert list(PLAIN)[-1] == "index.html"

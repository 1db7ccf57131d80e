# SPDX-License-Identifier: GPL-2.0-only
"""JUnit of a night: as its schema says, red exactly if the night is, and nothing hidden."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_nights import (
    BASE,
    CELLS,
    FIX,
    OTHER,
    QUARANTINE,
    SKIP,
    all_sorts,
    attempt,
    crash,
    empty,
    green,
    host,
    judged,
    new_failure,
    night,
    nights,
    red,
    standing,
)

from orchestrator.model.night import CaseRow, Change
from orchestrator.model.night_told import tell
from orchestrator.model.standing import JudgedNight
from orchestrator.model.verdict import Verdict
from orchestrator.report.night_junit import night_junit

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "junit.xsd"))


def root_of(given: JudgedNight) -> ElementTree.Element:
    text = night_junit(tell(given))
    SCHEMA.validate(text)
    return ElementTree.fromstring(text.encode())


def marks(root: ElementTree.Element) -> dict[str, int]:
    """How many cases have each mark; the suites' sums must say the same."""
    found = {}
    names = (("failure", "failures"), ("error", "errors"), ("skipped", "skipped"))
    for name, attribute in names:
        found[name] = len(root.findall(f".//testcase/{name}"))
        sums = [int(suite.get(attribute, "-99")) for suite in root.iter("testsuite")]
        assert sum(sums) == found[name]
    assert root.get("failures") == str(found["failure"])
    return found


def case(root: ElementTree.Element, name: str, suite: str = "") -> ElementTree.Element:
    path = f"testsuite[@name='{suite}']/" if suite else ".//"
    found = root.find(f"{path}testcase[@name='{name}']")
    assert found is not None
    return found


@pytest.mark.parametrize("name", nights())
def test_it_is_as_the_schema_says(name: str) -> None:
    told = nights()[name]
    SCHEMA.validate(night_junit(told))
    root = ElementTree.fromstring(night_junit(told).encode())
    found = marks(root)
    assert told.green == (not found["failure"] and not found["error"])
    assert len(root.findall("testsuite")) == len(told.cells) + 1


def test_the_schema_refuses_what_is_wrong() -> None:
    text = night_junit(tell(new_failure()))
    for old, new in (
        ("failure", "broken"),
        (' failures="', ' fails="'),
        ("<testcase name=", "<testcase called="),
    ):
        assert old in text
        changed = text.replace(f"<{old}", f"<{new}").replace(old, new)
        assert not _valid(changed)


def _valid(text: str) -> bool:
    try:
        return SCHEMA.is_valid(text)
    except xmlschema.XMLSchemaException:  # no XML at all
        return False


def test_a_green_night_has_no_mark() -> None:
    assert marks(root_of(green())) == {"failure": 0, "error": 0, "skipped": 0}


def test_a_failure_has_its_words_and_its_second_try() -> None:
    root = root_of(new_failure())
    assert marks(root) == {"failure": 2, "error": 0, "skipped": 0}
    one = case(root, "one", str(FIX))
    assert one.find("failure").get("message") == "new failure: s.one failed"  # type: ignore[union-attr]
    assert len(one.findall("rerunFailure")) == 1
    assert one.get("classname") == "s"
    assert case(root, "verdict", str(FIX)).find("failure") is not None
    assert case(root, "verdict", str(BASE)).find("failure") is None


def test_a_flaky_test_is_named_and_its_cell_is_red() -> None:
    told = (standing(FIX, Change.FLAKY), standing(FIX, Change.FLAKY, "s.one"))
    root = root_of(judged((attempt(BASE), red(FIX), attempt(FIX, 2), attempt(OTHER)), told))
    one = case(root, "one", str(FIX))
    assert [each.tag for each in one] == ["system-out", "flakyFailure"]
    assert marks(root)["failure"] == 1
    assert case(root, "verdict", str(FIX)).find("failure") is not None


def test_a_quarantined_failure_is_skipped_with_its_owner() -> None:
    root = root_of(new_failure(Change.QUARANTINED, quarantine=QUARANTINE))
    assert marks(root) == {"failure": 0, "error": 0, "skipped": 2}
    said = case(root, "one", str(FIX)).find("skipped").get("message")  # type: ignore[union-attr]
    words = "quarantined until 2027-01-31 by who@example.org: reported, fix queued"
    assert said == f"{words}; failed: s.one failed"


def test_a_quarantine_of_one_test_leaves_another_red() -> None:
    rows = (CaseRow("s.one", red(FIX).cases[0].status), CaseRow("s.two", red(FIX).cases[0].status))
    told = (
        standing(FIX, Change.NEW_FAILURE),
        standing(FIX, Change.QUARANTINED, "s.one", quarantine=QUARANTINE),
        standing(FIX, Change.NEW_FAILURE, "s.two"),
    )
    root = root_of(judged((red(FIX, cases=rows),), told, night=night(cells=(FIX,))))
    assert marks(root) == {"failure": 2, "error": 0, "skipped": 1}


def test_a_crash_leaves_its_tests_in_error() -> None:
    told = (standing(FIX, Change.NEW_FAILURE, headline="BUG: bad page in f"),)
    root = root_of(judged((crash(FIX),), told, night=night(cells=(FIX,))))
    assert marks(root) == {"failure": 1, "error": 2, "skipped": 0}
    assert "BUG: bad page in f" in (case(root, "verdict").findtext("failure") or "")


def test_nothing_that_was_not_run_is_green() -> None:
    assert marks(root_of(empty())) == {"failure": 0, "error": len(CELLS) + 1, "skipped": 0}
    late = night(not_run=(OTHER,))
    root = root_of(judged((attempt(BASE), attempt(FIX)), night=late))
    assert marks(root) == {"failure": 0, "error": 0, "skipped": 1}
    all_late = root_of(judged((), night=night(not_run=CELLS)))
    assert marks(all_late) == {"failure": 0, "error": 1, "skipped": 3}


def test_a_failure_of_the_host_is_an_error_never_a_failure() -> None:
    told = (standing(FIX, Change.NOT_RUN, headline="QEMU did not start"),)
    root = root_of(judged((attempt(BASE), host(FIX), host(FIX, 2), attempt(OTHER)), told))
    assert marks(root) == {"failure": 0, "error": 1, "skipped": 0}
    error = case(root, "verdict", str(FIX)).find("error")
    assert error is not None and error.get("type") == "host"
    assert "QEMU did not start" in (error.get("message") or "")


def test_one_try_that_told_something_outweighs_the_hosts() -> None:
    root = root_of(judged((attempt(BASE), host(FIX), attempt(FIX, 2), attempt(OTHER))))
    assert marks(root) == {"failure": 0, "error": 0, "skipped": 0}


def test_a_cell_that_skipped_everything_is_no_green_one() -> None:
    rows = (CaseRow("s.one", SKIP),)
    runs = (attempt(BASE), attempt(FIX, verdict=Verdict.SKIP, cases=rows), attempt(OTHER))
    assert marks(root_of(judged(runs))) == {"failure": 0, "error": 1, "skipped": 1}


def test_cells_that_differ_in_suites_alone_are_two() -> None:
    names = [suite.get("name") for suite in root_of(all_sorts()).iter("testsuite")]
    assert len(names) == len(set(names))
    assert "mine/fix/numa/memoryless orch_create" in [
        suite.get("name") for suite in root_of(green()).iter("testsuite")
    ]


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(exclude_categories=()), min_size=0, max_size=20))
def test_any_name_is_valid(name: str) -> None:
    rows = (CaseRow(name, red(FIX).cases[0].status),)
    told = (standing(FIX, Change.NEW_FAILURE, name, headline=name, since=name),)
    root = root_of(judged((red(FIX, cases=rows, headline=name),), told, night=night(cells=(FIX,))))
    assert marks(root)["failure"] == 2

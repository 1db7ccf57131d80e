# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own suites on a real kernel: green, and red where one is made to go wrong."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET

import pytest
from running import COMMAND, PATCHES, Boot, Done

# Two suites built into the kernel that the other tests have, by a patch.
BUILT_IN = ("--patch", str(PATCHES / "kunit-built-in.patch"))
WRONG = (*BUILT_IN, "--patch", str(PATCHES / "kunit-goes-wrong.patch"))
ALL = ("--config", "numa,kunit")


def names(done: Done) -> list[str]:
    return [suite["name"] for suite in done.run["suites"]]


@pytest.fixture(scope="module")
def lists(boot: Boot, green: Done) -> Done:
    return boot(*BUILT_IN, "--kunit", "list*")


def test_all_that_match_and_no_others(lists: Done) -> None:
    assert (lists.verdict, lists.returncode) == ("pass", 0), lists.explain()
    assert set(names(lists)) == {"list-kunit-test", "list_sort"}
    assert names(lists) == [one["name"] for one in lists.run["plan"]["kunit"]["suites"]]
    assert all(suite["guest_s"] is not None for suite in lists.run["suites"])
    assert not lists.run["outcome"]["forked"], "a kept state has run no suites"


def test_the_plan_of_vmlinux_has_every_case(lists: Done) -> None:
    planned = {one["name"]: one["cases"] for one in lists.run["plan"]["kunit"]["suites"]}
    for test in lists.run["tests"]:
        assert [case["name"] for case in test["children"]] == planned[test["name"]]
        assert test["planned"] == len(planned[test["name"]])


def test_reports_and_judging_again(lists: Done) -> None:
    suites = ET.parse(lists.run_dir / "junit.xml").getroot().findall("testsuite")
    assert set(names(lists)) < {suite.get("name") for suite in suites}
    assert "# Subtest: list_sort" in (lists.run_dir / "ktap.log").read_text()
    again = subprocess.run(
        [*COMMAND, "judge", str(lists.run_dir)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0 and "verdict: pass" in again.stdout, again.stdout + again.stderr


def test_a_case_alone_and_one_of_our_suites_besides(boot: Boot, lists: Done) -> None:
    done = boot(*BUILT_IN, "--kunit", "list-kunit*.*add", "--suite", "create")
    assert (done.verdict, done.returncode) == ("pass", 0), done.explain()
    assert names(done) == ["list-kunit-test", "orch_create"]
    assert [test["name"] for test in done.run["tests"]] == names(done)
    (cases,) = (one["cases"] for one in done.run["plan"]["kunit"]["suites"])
    assert cases == ["list_test_list_add"]


def test_nothing_matches(boot: Boot, lists: Done) -> None:
    done = boot(*BUILT_IN, "--kunit", "list_sorts")
    assert done.returncode == 2 and not done.run, done.explain()
    assert "did you mean list_sort?" in done.stderr


def test_a_case_that_fails(boot: Boot, lists: Done) -> None:
    done = boot(*WRONG, "--kunit", "list-kunit-test")
    assert (done.verdict, done.returncode) == ("fail", 1), done.explain()
    assert done.run["findings"][0]["title"] == "list-kunit-test.list_test_list_init failed"


def test_a_case_that_takes_the_kernel_down(boot: Boot, lists: Done) -> None:
    done = boot(*WRONG, "--kunit", "list*")
    assert (done.verdict, done.returncode) == ("crash", 1), done.explain()
    assert {"splats", "ending", "ktap"} <= done.checks, done.explain()


@pytest.mark.slow
def test_a_kernel_with_all_suites(boot: Boot) -> None:
    done = boot(*ALL, "--kunit", "list*")
    assert (done.verdict, done.returncode) == ("pass", 0), done.explain()
    assert {"list-kunit-test", "list_sort"} <= set(names(done))
    assert all(name.startswith("list") for name in names(done))
    unasked = boot(*ALL, "--suite", "create")
    assert (unasked.verdict, unasked.returncode) == ("pass", 0), unasked.explain()
    assert [test["name"] for test in unasked.run["tests"]] == ["orch_create"]

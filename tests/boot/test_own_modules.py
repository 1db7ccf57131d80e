# SPDX-License-Identifier: GPL-2.0-only
"""Modules of the user's in a real guest; a kernel without suites of its own has none to run."""

from __future__ import annotations

from pathlib import Path

from running import Boot, Done

OWN = Path(__file__).resolve().parents[1] / "kmod-own"
GOOD = ("--kmod", str(OWN / "good"))


def test_a_suite_of_what_they_export(boot: Boot, green: Done) -> None:
    done = boot(*GOOD, "--suite", "own")
    assert (done.verdict, done.returncode) == ("pass", 0), done.explain()
    assert [one["name"] for one in done.run["plan"]["modules"]] == ["own_base", "own_top"]
    log = (done.run_dir / "dmesg.log").read_text()
    assert "own_top: the limit is 1" in log and "own_top: gone" in log


def test_one_that_is_refused(boot: Boot, green: Done) -> None:
    done = boot(*GOOD, "--suite", "own", "--insmod", "own_base,limit=13")
    assert (done.verdict, done.returncode) == ("fail", 1), done.explain()
    (refused,) = (one for one in done.run["findings"] if one["check"] == "modules")
    assert refused["title"] == "module own_base was refused: insmod ended with 22"
    said = [line["text"] for line in refused["evidence"]]
    assert said[0] == "own_base: thirteen is no limit" and "Invalid argument" in said[1], said


def test_one_that_stays(boot: Boot, green: Done) -> None:
    done = boot("--kmod", str(OWN / "stays"), "--suite", "create")
    assert (done.verdict, done.returncode) == ("fail", 1), done.explain()
    assert "module own_stays stayed: rmmod ended with" in done.stdout


def test_built_in_suites_that_no_kernel_has(boot: Boot, green: Done) -> None:
    done = boot("--kunit", "*")
    assert done.returncode == 2 and not done.run, done.explain()
    assert "add the fragment kunit" in done.stderr

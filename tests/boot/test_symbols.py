# SPDX-License-Identifier: GPL-2.0-only
"""Stacks of real kernels and modules with file and line; known issues from boot to boot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from running import COMMAND, RED_SUITES, Boot, Done

sys.path.append(str(Path(__file__).parents[1] / "edge" / "dashboard"))
import browser

pytestmark = pytest.mark.slow  # a kernel with debug info

RED = ("--kmod", str(RED_SUITES), "--timeout", "6")
# Each place whose source is shown → (the line that is meant, how many there are).
SOURCES = """
return Object.fromEntries([...document.querySelectorAll("pre.src")].map((each) =>
	[each.ariaLabel, [each.querySelector("b").textContent,
		each.textContent.trim().split("\\n").length]]));
"""
KNOWN = """\
[[issue]]
id = "warns"
signature = "{signature}"
owner = "who@example.org"
reason = "the suite warns on purpose"
expires = {expires}
proof = "{proof}"
"""


def source_line(suite: str, words: str) -> int:
    """The 1-based line of a red suite's source that has these words."""
    lines = (RED_SUITES / f"{suite}_test.c").read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def finding(done: Done, check: str) -> dict[str, Any]:
    found = next(one for one in done.run["findings"] if one["check"] == check)
    assert isinstance(found, dict)
    return found


def texts(done: Done) -> str:
    return "\n".join(line["text"] for line in finding(done, "splats")["evidence"])


def test_stacks_name_file_and_line_in_kernel_and_module(boot: Boot) -> None:
    done = boot("--config", "numa,debuginfo", *RED, "--suite", "orch_red_warn")
    assert done.verdict == "fail", done.explain()
    shown = texts(done)
    line = source_line("orch_red_warn", "WARN_ONCE(")
    assert f"[orch_red_warn_test] (orch_red_warn_test.c:{line})" in shown, shown
    assert re.search(r" kthread\+0x\w+/0x\w+ \(kernel/kthread\.c:\d+\)", shown), shown
    assert re.search(r"\(lib/kunit/test\.c:\d+.*inlined at lib/kunit/test\.c:\d+\)", shown), shown
    assert (done.run_dir / "symbols.json").is_file()
    again = subprocess.run(
        [*COMMAND, "judge", str(done.run_dir), "--json", "-"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"orch_red_warn_test.c:{line})" in again.stdout
    page_has_the_source(done, line)


def page_has_the_source(done: Done, line: int) -> None:
    """The page of the run in a browser: places of module and kernel, with their lines."""
    reported = subprocess.run([*COMMAND, "report", str(done.run_dir)], check=False)
    assert reported.returncode == 0
    places = {f"orch_red_warn_test.c, line {line}": "WARN_ONCE("}
    for number in re.findall(r"\(kernel/kthread\.c:(\d+)\)", texts(done)):
        places[f"kernel/kthread.c, line {number}"] = ""
    assert len(places) > 1
    with browser.chromium() as driver:
        driver.get((done.run_dir / "report.html").as_uri())
        shown = driver.execute_script(SOURCES)
        assert browser.complaints(driver) == [] and browser.requests(driver) == {}
    for place, words in places.items():
        marked, lines = shown[place]
        assert words in marked and lines == 7, shown
        assert re.match(r"\s*\d+> ", marked)


def test_without_debug_info_that_is_said(boot: Boot, green: Done) -> None:
    done = boot(*RED, "--suite", "orch_red_warn")
    notes = [note for note in done.run["notes"] if note.startswith("no line numbers")]
    assert len(notes) == 1 and "the kernel has no debug info" in notes[0], done.explain()


def test_a_known_issue_lets_a_run_pass_and_is_named(
    boot: Boot, green: Done, tmp_path: Path
) -> None:
    base = boot(*RED, "--suite", "orch_red_warn")
    signature = finding(base, "splats")["signature"]

    def against(suite: str, expires: str = "2999-12-31", proof: str = str(base.run_dir)) -> Done:
        listed = tmp_path / "known.toml"
        text = KNOWN.format(signature=signature, expires=expires, proof=proof)
        listed.write_text(text)
        return boot(*RED, "--suite", suite, "--known-issues", str(listed))

    known = against("orch_red_warn")
    assert (known.verdict, known.returncode) == ("pass", 0), known.explain()
    assert "verdict: pass  (1 known issue)" in known.stdout
    assert [one["known"] for one in known.run["findings"]] == ["warns"]
    judged = subprocess.run([*COMMAND, "judge", str(known.run_dir)], check=False)
    assert judged.returncode == 0
    for red in (
        against("orch_red_warn", expires="2020-01-01"),
        against("orch_red_warn", proof=str(green.run_dir)),
        against("orch_red_warn", proof=str(tmp_path / "none")),
    ):
        assert (red.verdict, red.returncode) == ("fail", 1), red.explain()
        assert any("known issue warns does not count" in note for note in red.run["notes"])
    assert against("orch_red_oops").verdict == "crash", "another crash is not excused"

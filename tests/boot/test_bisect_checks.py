# SPDX-License-Identifier: GPL-2.0-only
"""Each kind of failure that a bisect can look for, in one series that has them all: a leak, a
warning and a delay. Each time the patch that is named is another one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from planted import FILE, bisect, mails, tree_of
from running import Done

# Kernels nothing else needs, minutes to build: tox -e slow.
pytestmark = pytest.mark.slow

CREATE = "\tcreate->done = &done;\n"
STOP = "\tget_task_struct(k);\n\tkthread = to_kthread(k);\n"
LOST = """\
	if (system_state == SYSTEM_RUNNING) {
		void *lost = kmalloc(48, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(lost);
	}
"""
LATE = """\
	if (system_state == SYSTEM_RUNNING)
		schedule_timeout_uninterruptible(HZ / 10);
"""
WARNS = '\tWARN_ONCE(system_state == SYSTEM_RUNNING, "planted\\n");\n'

# Options → the patch, and what its runs say.
CHECKS = {
    ("--leak",): ("patch 1", "leak in __kthread_create_on_node"),
    ("--signature", "kthread_stop"): ("patch 2", "kthread_stop"),
    ("--slow", "create.gets_function_and_data=0.05"): ("patch 3", "took 0."),
    ("--creation-us", "50000"): ("patch 3", "median of "),
}


@pytest.fixture
def series(green: Done, tmp_path: Path) -> Path:
    """An mbox of three patches, a fault in each."""
    text = (tree_of(green) / FILE).read_text()
    changes: list[tuple[str, str]] = []
    edits: list[tuple[str, Callable[[str], str]]] = [
        ("kthread: lose memory", lambda old: old.replace(CREATE, LOST + CREATE, 1)),
        ("kthread: warn", lambda old: old.replace(STOP, STOP + WARNS, 1)),
        ("kthread: take a nap", lambda old: old.replace(CREATE, CREATE + LATE, 1)),
    ]
    after = text
    for subject, edit in edits:
        before, after = after, edit(after)
        assert after != before, subject
        changes.append((subject, after))
    file = tmp_path / "series.mbox"
    file.write_text("".join(mails(text, changes)))
    return file


@pytest.mark.parametrize("check", CHECKS)
def test_the_patch_is_named(series: Path, tmp_path: Path, check: tuple[str, ...]) -> None:
    patch, said = CHECKS[check]
    result = bisect(
        tmp_path, "--config", "numa", "--suite", "create", "--patches", str(series), *check
    )
    (suspect,) = result["suspects"]
    assert (result["word"], suspect["name"]) == ("found", patch), result
    (after,), (before,) = result["after"], result["before"]
    assert after["bad"] and said in after["trials"][0]["said"], after
    # A bound on a time may be exceeded by a busy host, now and then.
    assert before["good"] > before["bad"], before

# SPDX-License-Identifier: GPL-2.0-only
"""Faults planted in kernel/kthread.c, as series of patches, and `orchestrate bisect` on them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Any

from running import COMMAND, Done

from orchestrator.edge.store import Store, cache_root

FILE = "kernel/kthread.c"
NODE = "create->node = node;"
ALWAYS = "create->node = NUMA_NO_NODE;"
# One boot of two, decided when the first thread is made: from then on no thread gets its node.
SOMETIMES = "create->node = orch_forgets() ? NUMA_NO_NODE : node;"
STRUCT = "\nstruct kthread_create_info\n"
DICE = """
#include <linux/timex.h>
static bool orch_forgets(void)
{
	static int dice;

	if (!dice)
		dice = 1 + (hash_64(random_get_entropy(), 16) & 1);
	return dice == 2;
}
"""


def tree_of(green: Done) -> Path:
    """The one that the green run was made from."""
    keys = dict(green.run["keys"])
    return Store(cache_root()).folder("trees") / str(keys["tree"])


def with_function(text: str, number: int) -> str:
    """Code that nobody calls: another kernel, which behaves the same."""
    name = f"orch_step_{number}"
    return f"{text}\nint {name}(void);\nint {name}(void)\n{{\n\treturn {number};\n}}\n"


def planted(text: str, fault: str) -> list[tuple[str, str]]:
    """Eight commits: a fault in the sixth, which does not build in the fourth, and comments.

    Of two series, kernels with the same sources are built once.
    """
    one = with_function(text, 1)
    comment = one + "/* a remark */\n"
    two = with_function(comment, 2)
    broken = two + "int orch_broken(void) { return nothing; }\n"
    three = with_function(two, 3)
    bad = three.replace(NODE, fault, 1)
    assert bad != three
    if fault == SOMETIMES:
        bad = bad.replace(STRUCT, f"{DICE}{STRUCT}", 1)
        assert DICE in bad
    remark = bad + "/* another remark */\n"
    return [
        ("kthread: one", one),
        ("kthread: a remark", comment),
        ("kthread: two", two),
        ("kthread: does not build", broken),
        ("kthread: builds again", three),
        ("kthread: the fault", bad),
        ("kthread: another remark", remark),
        ("kthread: four", with_function(remark, 4)),
    ]


def diff(path: str, before: str, after: str) -> str:
    """A change of one file, as git shows it."""
    lines = unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return f"diff --git a/{path} b/{path}\n{''.join(lines)}"


def mails(before: str, changes: Sequence[tuple[str, str]], path: str = FILE) -> list[str]:
    """A series: each (subject, the file's text after it)."""
    found = []
    for number, (subject, after) in enumerate(changes, start=1):
        head = (
            f"From {number:040x} Mon Sep 17 00:00:00 2001\nFrom: A Tester <t@invalid>\n"
            f"Date: Thu, 1 Jan 2026 00:00:{number:02} +0000\n"
            f"Subject: [PATCH {number}/{len(changes)}] {subject}\n\n"
            f"What it does.\n\nSigned-off-by: A Tester <t@invalid>\n---\n"
        )
        found.append(f"{head}{diff(path, before, after)}-- \n2.47\n\n")
        before = after
    return found


def bisect(tmp_path: Path, *args: str, timeout_s: float = 1200) -> dict[str, Any]:
    """`orchestrate bisect` with these arguments, and its JSON."""
    told = tmp_path / "bisect.json"
    done = subprocess.run(
        [*COMMAND, "bisect", "--json", str(told), "--run-dir", str(tmp_path / "runs"), *args],
        env={**os.environ, "ORCHESTRATE_RUNS": str(tmp_path / "state")},
        capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip
    print(done.stdout, done.stderr[-3000:])
    assert told.is_file(), done.stdout + done.stderr
    result: dict[str, Any] = json.loads(told.read_text())
    assert done.returncode == result["exit_code"], done.stdout + done.stderr
    return result

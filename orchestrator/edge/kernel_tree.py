# SPDX-License-Identifier: GPL-2.0-only
"""Is a directory a Linux source tree, and which release is it?"""

from __future__ import annotations

import re
from pathlib import Path

from orchestrator.edge.git import git
from orchestrator.model.errors import UsageError

# kernel/kthread.c is what the tests are about; with the other two, nothing else looks like it.
LANDMARKS = ("Makefile", "Kbuild", "kernel/kthread.c")
_LINE = re.compile(r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)\s*=[ \t]*(.*?)\s*$", re.MULTILINE)


def must_hold_kernel(repository: Path, commit: str) -> None:
    """UsageError if the commit's tree is none of a kernel: before it is unpacked."""
    told = git(repository, "ls-tree", "--name-only", "--full-tree", commit, "--", *LANDMARKS)
    missing = set(LANDMARKS) - set(told.output.splitlines())
    if missing:
        raise UsageError(
            f"{repository} holds no kernel: no {', '.join(sorted(missing))} in {commit[:12]}",
            "name the top of a kernel tree with --tree DIR",
        )


def release_in(makefile: str) -> str:
    """ "7.3.4" or "7.3.0-rc2" from the head of the kernel's top Makefile; "" if it has none."""
    found: dict[str, str] = dict(_LINE.findall(makefile))
    if not {"VERSION", "PATCHLEVEL"} <= found.keys():
        return ""
    numbers = [found["VERSION"], found["PATCHLEVEL"], found.get("SUBLEVEL", "")]
    return ".".join(number for number in numbers if number) + found.get("EXTRAVERSION", "")


def verified_release(tree: Path, named: str) -> str:
    """The release of the kernel tree in `tree`; UsageError if there is no kernel tree.

    named: what the user called it, for the message.
    """
    looked_for = f"a kernel tree has {', '.join(LANDMARKS)}"
    missing = [name for name in LANDMARKS if not (tree / name).is_file()]
    if missing:
        raise UsageError(f"{named} is no kernel tree: no {', '.join(missing)}", looked_for)
    head = (tree / "Makefile").read_text(errors="replace")[:4096]
    release = release_in(head)
    if not release:
        raise UsageError(f"{named} is no kernel tree: its Makefile sets no VERSION", looked_for)
    return release

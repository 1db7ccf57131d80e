# SPDX-License-Identifier: GPL-2.0-only
"""A tree that passes for a kernel's and whose build lasts until somebody ends it."""

from __future__ import annotations

from pathlib import Path

# As in kbuild, the work is done by makes that a make started: the recipe is two makes down.
_MAKEFILE = """\
VERSION = 7
PATCHLEVEL = 3
SUBLEVEL = 4
EXTRAVERSION =
NAME = x
allnoconfig:
	mkdir -p $(O)/include/config
	cp $$KCONFIG_ALLCONFIG $(O)/.config
	echo 7.3.4 > $(O)/include/config/kernel.release
vmlinux:
	$(MAKE) -f Makefile below
below:
	$(MAKE) -f Makefile slow
slow:
	@echo "  CC      kernel/kthread.o"; touch $(O)/begun
	@{slow}
modules:
.PHONY: vmlinux below slow modules allnoconfig
"""
FOR_EVER = "trap '' TERM; while :; do sleep 1; done"


def slow_tree(folder: Path, slow: str = FOR_EVER) -> Path:
    """folder, filled. slow: what the build does, in the shell."""
    for name, text in {
        "Makefile": _MAKEFILE.replace("{slow}", slow.replace("$", "$$")),
        "Kbuild": "# Kbuild\n",
        "kernel/kthread.c": "int kthread;\n",
        "include/linux/kthread.h": "/* kthread */\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder

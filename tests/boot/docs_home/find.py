# SPDX-License-Identifier: GPL-2.0-only
"""For `orchestrate drgn`: kernel threads of the guest."""

import sys

from drgn.helpers.linux.pid import for_each_task

names = [task.comm.string_().decode() for task in for_each_task(prog)]  # noqa: F821
assert "kthreadd" in names, names
print(len(names) if sys.argv[1:] == ["--all"] else names[:1], "tasks")

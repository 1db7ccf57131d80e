# SPDX-License-Identifier: GPL-2.0-only
"""Debuggers on a guest: gdb on one that runs, drgn on the memory of one."""

# SPDX-License-Identifier: GPL-2.0-only
"""Diffs and trees: reading, repairing, applying and explaining patches; pure."""

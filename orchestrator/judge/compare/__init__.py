# SPDX-License-Identifier: GPL-2.0-only
"""Runs of two kernels → what is so on one side only."""

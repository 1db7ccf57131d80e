# SPDX-License-Identifier: GPL-2.0-only
"""Its presence lets the tests below import green_case."""

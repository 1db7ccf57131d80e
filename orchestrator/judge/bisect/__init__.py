# SPDX-License-Identifier: GPL-2.0-only
"""Which commit broke it: what runs say of commits, and which to run next. All of it is pure."""

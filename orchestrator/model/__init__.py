# SPDX-License-Identifier: GPL-2.0-only
"""Frozen data types, standard library only: what flows between the rooms."""

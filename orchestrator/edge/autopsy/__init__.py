# SPDX-License-Identifier: GPL-2.0-only
"""A hung or crashed guest, looked at from outside before it goes."""

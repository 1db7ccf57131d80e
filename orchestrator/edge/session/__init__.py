# SPDX-License-Identifier: GPL-2.0-only
"""Talking with a guest: its console on a terminal, a command's streams, a scripted conversation."""

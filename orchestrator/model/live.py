# SPDX-License-Identifier: GPL-2.0-only
"""Where the sshd of a guest that runs is."""

from __future__ import annotations

from msgspec import Struct


class Live(Struct, frozen=True):
    """pid: of QEMU; started: when, in clock ticks since the host booted (proc(5), stat, 22), so
    that another process of the same number is not taken for it. port: on loopback, of QEMU's own
    network namespace if own_network, else of this host's."""

    pid: int
    started: int
    port: int
    own_network: bool

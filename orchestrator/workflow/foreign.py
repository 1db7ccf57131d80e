# SPDX-License-Identifier: GPL-2.0-only
"""Guests of another architecture than the host's: what they need besides, and cannot have."""

from __future__ import annotations

from pathlib import Path

from orchestrator.edge.store import Store
from orchestrator.model.arch import named
from orchestrator.model.progress import Progress


def busybox(arch: str, store: Store, progress: Progress) -> Path | None:
    """The guest's, None if the host's own will do. Raises InfrastructureError."""
    row = named(arch)
    if not row.debian:
        return None
    # Loaded here: apt's part is of no use to others.
    from orchestrator.edge.guest_busybox import busybox_for

    return busybox_for(row, store, progress)

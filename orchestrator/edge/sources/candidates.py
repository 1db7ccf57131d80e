# SPDX-License-Identifier: GPL-2.0-only
"""--source default: the best tree that can be had, tried in this order."""

from __future__ import annotations

from orchestrator.config.source_spec import DebianBinary, DebianSource, KernelOrg

CANDIDATES: tuple[DebianBinary | DebianSource | KernelOrg, ...] = (
    # What the suites in kmod/ are tried on most; one signed file from the nearest mirror.
    DebianBinary("linux-source-7.3"),
    DebianBinary("linux-source-7.2"),
    # A mirror keeps orig tarballs of versions whose binary packages are gone already.
    DebianSource("linux", at_least="7.1"),
    # Not a Debian system, or its mirror has nothing newer than 6.x.
    KernelOrg("7.3.4"),
    KernelOrg("7.1.8"),
)

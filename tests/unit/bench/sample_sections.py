# SPDX-License-Identifier: GPL-2.0-only
"""Sections of a made-up benchmark."""

from __future__ import annotations

from figures import Curve, Point, Ratio, Section, Series

BOOT = Section(
    "boot",
    "Warm boots",
    "Whole commands.",
    series=(
        Series("numa2, boot", (2.0, 3.0, 2.5)),
        Series("--help", (0.2, 0.1, 0.3), limit=0.15),
    ),
    ratios=(
        Ratio("numa2, boot / QEMU", (2.0, 3.0, 2.5), (1.0, 2.0, 2.5), limit=1.6),
        Ratio("boot, times faster than virtme-ng", (9.0, 8.0), (2.0, 2.0), 5.0, at_least=True),
    ),
    notes=("virtme-ng is not installed",),
)
SCALE = Section(
    "scale",
    "Scale",
    "Machines of every size.",
    curves=(
        Curve("boot", "nodes", (Point(1, (1.0,)), Point(16, (4.0, 6.0, 5.0)))),
        Curve("suites", "nodes", (Point(1, (2.0,)), Point(16, (120.0, 140.0, 130.0)))),
        Curve("boot", "vCPUs", (Point(1, (1.0,)),)),
    ),
)

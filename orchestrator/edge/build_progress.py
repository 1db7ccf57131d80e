# SPDX-License-Identifier: GPL-2.0-only
"""Turns make's output into files done, files in all and time left."""

from __future__ import annotations

import time

from orchestrator.model.progress import Progress, StageProgress
from orchestrator.plan import make

# kbuild does not say beforehand how much there is to do. The numa configuration of 7.3 makes
# about this many steps, the sanitizers hardly more; too low an estimate grows on the way.
TYPICAL_STEPS = 1450
_EVERY_S = 0.2


class BuildWatch:
    """Feed it the lines of a build; it reports a few times a second at most."""

    def __init__(self, progress: Progress, total: int = TYPICAL_STEPS) -> None:
        self.progress = progress
        self.total = total
        self.done = 0
        self.start = time.monotonic()
        self.last = 0.0

    def line(self, text: str) -> None:
        """One line of make's output."""
        if make.step(text) is None:
            return
        self.done += 1
        now = time.monotonic()
        if now - self.last < _EVERY_S:
            return
        self.last = now
        total = max(self.total, self.done)
        rate = self.done / max(now - self.start, 0.001)
        # Below 100 steps the rate says more about host tools than about the kernel.
        left_s = (total - self.done) / rate if self.done >= 100 else None
        self.progress(StageProgress("build", self.done, total, "files", left_s))

# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that start in a log: after which end, and which of them only in a copy of the log."""

from __future__ import annotations

import re
from itertools import islice

from orchestrator.parse.splat_body import Body
from orchestrator.parse.splat_rules import BOOT_BANNER, NOT_KERNEL
from orchestrator.parse.splat_scan import Candidate

_BOOT_TIME = re.compile(r"\[ *0\.000\d{3}\]")
# A kernel's last words if it was asked to go (kernel/reboot.c, kernel/kexec_core.c), and what
# journals of several boots have between them.
_ORDERLY = re.compile(
    r"reboot: (?:Restarting system|Power down|System halted|machine restart)"
    r"|kexec_core: Starting new kernel|-- (?:Boot [0-9a-f]{32}|Reboot) --"
    r"|(?:\S{1,64} )?systemd-journald\[\d+\]: Journal stopped"
)
# Times that are no multiple of a tick: two boots do not share several in a row.
_TELLING_TIME = re.compile(r".{0,60}?\[ *(\d{1,9}\.\d{3}(?!000)\d{3})\]")
_LOOK_AT = 400  # lines of a boot
_TIMES = 8
_ENOUGH = 3


class Boots:
    """Fed with every candidate."""

    def __init__(self) -> None:
        self._running = False
        self._orderly = False
        self._times: list[str] = []

    def banner(self, line: Candidate) -> re.Match[str] | None:
        """A match if firmware or a kernel starts there, and not just a copy of an earlier log
        (dmesg in the guest, /proc/version, a second console)."""
        found = BOOT_BANNER.match(line.text)
        if found is None or not found["kernel"]:
            return found
        if not _BOOT_TIME.search(line.raw):
            return None
        times = _times(line)
        # A syslog daemon stops before the kernel does: its files never tell how a boot ended.
        self._orderly |= "kernel:" in line.raw[: len(line.raw) - len(line.text)]
        copied = self._running and len(times) >= _ENOUGH and times == self._times
        self._times = times
        return None if copied else found

    def starts(self, found: re.Match[str]) -> bool:
        """Notes a start. Did the kernel before it go without having been told to?"""
        unasked = self._running and not self._orderly
        self._running, self._orderly = found["kernel"] is not None, False
        return unasked

    def says(self, line: Candidate) -> None:
        """Any other line. A log that begins with a kernel's began while it was running."""
        if line.number == 1:
            self._running = not NOT_KERNEL.match(line.text)
        if _ORDERLY.match(line.text):
            self._orderly = True


def _times(line: Candidate) -> list[str]:
    raw = Body(line.data, line.start, line.caller, _LOOK_AT).all_raw()
    found = (_TELLING_TIME.match(text) for text in raw)
    return list(islice((match[1] for match in found if match), _TIMES))

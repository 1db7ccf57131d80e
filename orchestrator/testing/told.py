# SPDX-License-Identifier: GPL-2.0-only
"""What a guest told, and how a test hears that it did not."""

from __future__ import annotations

from msgspec import Struct


class Done(Struct, frozen=True):
    """A command that ended in the guest. Output is decoded as UTF-8, what is none replaced."""

    command: str
    status: int
    stdout: str
    stderr: str


class Kthread(Struct, frozen=True):
    """One kernel thread, as the guest's /proc has it. cpu: on which it ran last; allowed: where
    it may run (Cpus_allowed_list); mems: nodes it may take memory from (Mems_allowed_list), () if
    the kernel has no cpusets."""

    pid: int
    name: str
    state: str
    cpu: int
    node: int
    allowed: tuple[int, ...]
    mems: tuple[int, ...]


class CommandFailed(AssertionError):
    """A command in the guest ended otherwise than with 0."""

    def __init__(self, done: Done) -> None:
        said = (done.stderr or done.stdout).strip()
        first = f"{done.command}: exit status {done.status}"
        super().__init__(f"{first}\n{said}" if said else first)
        self.done = done


class GuestGone(Exception):
    """The guest did not answer: it crashed, hangs, or its machine ended. Why, the verdict says."""


class NotGreen(AssertionError):
    """The machine of a test is not proven green, whatever the test itself said."""

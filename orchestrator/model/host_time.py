# SPDX-License-Identifier: GPL-2.0-only
"""What the host was like while a machine ran, and what it took from it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

STILL_SHARE = 0.08  # a machine that has no more than that of a time has stood still
# Worth a line in the report: a busy host, but none that makes anything doubtful by itself.
SLOW_FACTOR = 3.0
MUCH_STEAL = 0.2
LONG_LOST_S = 10.0


class Starved(Struct, frozen=True):
    """A time in which a machine hardly got what it needed of its host (plan/host_time.py).

    at_s: since QEMU's start. had_s: what of length_s it could use. suites: those that ran then.
    """

    at_s: float
    length_s: float
    had_s: float
    suites: tuple[str, ...] = ()

    @property
    def end_s(self) -> float:
        return self.at_s + self.length_s

    @property
    def lost_s(self) -> float:
        return self.length_s - self.had_s


class HostTime(Struct, frozen=True):
    """factor: how much slower than the reference it did a known piece of work at the start; it
    scales the deadlines of the boot. pressure: share of the time in which some process waited
    for a CPU (/proc/pressure/cpu, "some"). steal: share of the CPU time asked for that the
    host's own hypervisor gave to others (/proc/stat). stopped_s: QEMU was stopped, or nothing
    ran on the host. waited_s: the machine was ready to run and another process did. limit_s:
    the least of the guest's own stall limits. silent_s: since the guest's last word, at the end.
    uptime_s: the guest's uptime when at_s was 0, negative before its start; None: not known.
    cut_short: it was stopped at a deadline, and had not had the time that this allows a guest.
    """

    factor: float = 1.0
    pressure: float = 0.0
    steal: float = 0.0
    stopped_s: float = 0.0
    waited_s: float = 0.0
    limit_s: float = 0.0
    silent_s: float = 0.0
    uptime_s: float | None = None
    starved: tuple[Starved, ...] = ()
    cut_short: bool = False


def in_words(times: Sequence[Starved]) -> str:
    """One line for a person."""
    worst = max(times, key=lambda each: each.lost_s)
    if worst.had_s <= STILL_SHARE * worst.length_s:
        said = f"the host stood still for {worst.lost_s:.0f} s"
    else:
        said = f"the machine had {worst.had_s:.0f} s of {worst.length_s:.0f} s on the host"
    return f"{said}, and {len(times) - 1} times more" if len(times) > 1 else said


def oddities(host: HostTime, speed_factor: float) -> tuple[str, ...]:
    """What is worth telling of the host; nothing of one that was quiet enough."""
    said = [in_words(host.starved)] if host.starved else []
    for factor, who in ((speed_factor, "the guest"), (host.factor, "the host")):
        if factor >= SLOW_FACTOR:
            said.append(f"{who} was {factor:.1f} times slower than the reference at the start")
    if host.steal >= MUCH_STEAL:
        said.append(f"another machine had {host.steal:.0%} of its CPU time")
    lost_s = host.stopped_s + host.waited_s
    if lost_s >= LONG_LOST_S and not host.starved:
        said.append(f"the machine waited {lost_s:.0f} s for it")
    return tuple(said)

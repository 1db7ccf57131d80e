# SPDX-License-Identifier: GPL-2.0-only
"""What is simulated: the machines, what is central, what fails and how often."""

from __future__ import annotations

from dataclasses import dataclass, field

GBIT = 125_000_000.0  # bytes a second
TRIES = 2  # as workflow/night_crew.py has it


@dataclass(frozen=True)
class Failures:
    """host_h: hours until a host dies silently, so that it is given up only after notice_s.
    worker_h: hours until a worker's process is killed, which shows at once. scheduler_h: hours
    until the scheduler starts anew, and all that ran is run again. infrastructure: share of boots
    with this verdict. red: of cells that never pass; flaky: of runs of the others that do not.
    broken: of kernels that do not build. No hours: never."""

    host_h: float | None = 1000.0
    notice_s: float = 300.0
    repair_s: float = 600.0
    worker_h: float | None = 200.0
    worker_back_s: float = 10.0
    scheduler_h: float | None = 100.0
    scheduler_back_s: float = 30.0
    infrastructure: float = 0.005
    red: float = 0.03
    flaky: float = 0.01
    broken: float = 0.01


NEVER = Failures(None, 0, 0, None, 0, None, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Setting:
    """A night to simulate.

    local: one machine, nothing is sent. keep: a host keeps the kernels it was sent; else each boot
    is sent its own. share: objects of a family are sent to hosts that have none, and kernels of a
    family that nobody has built wait for the first; else each host builds its own first kernel of
    a family from nothing. trees: hosts have the sources already. related: they have objects of each
    family, of earlier nights. built: kernels are in the store. warm: machines that have booted are
    kept from an earlier night.

    rule_s, task_s: the scheduler's time for a decision, and for the messages of each step that
    begins or ends. write_s: for an attempt in the history; inline: by the scheduler itself.
    collect: each run's directory is sent on from the store to the night's own and unpacked there,
    unpack_s each; else it stays in the store.
    patched_cores, whole_cores: that builds keep busy.
    """

    hosts: int = 200
    cores: int = 2
    slots: int = 2
    mem_mib: int = 24_000
    local: bool = False
    nic_gbit: float = 1.0
    store_gbit: float = 1.0
    keep: bool = True
    share: bool = False
    trees: bool = False
    related: bool = False
    built: bool = False
    warm: bool = False
    rule_s: float = 0.0
    task_s: float = 0.0
    write_s: float = 0.0
    inline: bool = True
    collect: bool = True
    unpack_s: float = 0.0
    patched_cores: float = 1.5
    whole_cores: float = 2.0
    failures: Failures = field(default_factory=Failures)
    seed: int = 1

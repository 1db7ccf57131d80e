# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's options for a machine that is recorded, or replayed. Facts are those of QEMU's
docs/system/replay.rst, and what was tried with 7.2 to 11.1 (docs/gdb.md).

Guest time is counted in instructions, so that nothing of the host's clock gets in. Without the
snapshot from before the first instruction there is no way back; nor does QEMU 10 replay without.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

from orchestrator.model import rundir

SNAPSHOT = "start"
IMAGE_BYTES = 1 << 30  # of the drive that has the snapshot; no guest sees it
# Serial ports of a PC: the console's, and one for each channel (MAX_ISA_SERIAL_PORTS of
# hw/char/serial-isa.c, and isa_serial_init()).
MOST_PORTS = 3
# Under -icount the time stamp counter is guest time in ns (cpu_get_ticks() in system/cpus.c).
TSC_KHZ = 1_000_000


class Recording(enum.Enum):
    """What a machine has to do with a recording."""

    NONE = "none"
    RECORD = "record"
    REPLAY = "replay"


def icount(recording: Recording, shift: int, folder: str) -> Iterator[str]:
    """folder: where record and snapshot are, as part of an option's value.

    Not sleep=off, which would have idle time pass at once: of what it recorded, QEMU 10 replays
    all and stops at no breakpoint.
    """
    record = f"rr={recording.value},rrfile={folder}/{rundir.RECORD},rrsnapshot={SNAPSHOT}"
    yield from ("-icount", f"shift={shift},{record}")
    yield from ("-rtc", "clock=vm")
    yield from ("-drive", f"file={folder}/{rundir.SNAPSHOT},format=qcow2,if=none,id=snapshot")


def ports(files: Sequence[tuple[str, str]]) -> Iterator[str]:
    """files: (name of a channel, file as part of an option's value), in the ports' order."""
    for name, file in files:
        yield from ("-chardev", f"file,id={name},path={file}")
        yield from ("-serial", f"chardev:{name}")


def written(recording: Recording) -> tuple[str, ...]:
    """What QEMU writes besides the channels. Replayed, the record is only read."""
    files = {
        Recording.RECORD: (rundir.RECORD, rundir.SNAPSHOT),
        Recording.REPLAY: (rundir.SNAPSHOT,),
    }
    return files.get(recording, ())


def words(channels: Sequence[str]) -> tuple[str, ...]:
    """For the kernel's command line: init has unknown words as variables (rootfs/init). The
    later of two nr_uarts counts. channels: by name, in the ports' order."""
    variables = {"results": "results", "kmsg": "kmsg_port", "trace": "trace_port"}
    where = (f"{variables[name]}=/dev/ttyS{at}" for at, name in enumerate(channels, start=1))
    return (f"8250.nr_uarts={1 + len(channels)}", *where)

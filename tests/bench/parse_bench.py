# SPDX-License-Identifier: GPL-2.0-only
"""How fast, and in how much memory, kernel logs are searched for reports.

    python tests/bench/parse_bench.py [--mb N]

Two consoles are made up, with times that go on as real ones do: one of boot messages with a
report every 4 MB, one of nothing but reports. Each is measured beside the least any reader could
do, splitting the same bytes into lines. Memory is measured in a process of its own, on a log
that grows.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle, islice
from pathlib import Path

from orchestrator.parse.splats import find_splats

BLOCK = 1 << 20
MB = 1 << 20
TASK, IRQ = "T4711", "C1"

_DRIVERS = (
    "pci 0000:00:{n:02x}.0: [8086:{n:04x}] type 00 class 0x060000",
    "usb 1-{n}: new high-speed USB device number {n} using xhci_hcd",
    "systemd[1]: Started journal service {n}, watching for errors and warnings.",
    "ACPI: PM-Timer IO Port: 0x{n:x}, interrupt link enabled at IRQ {n}",
    "EXT4-fs (sda{n}): mounted filesystem with ordered data mode. Quota mode: none.",
    "e1000: eth0 NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX",
    "audit: type=1400 audit(1700000000.{n}): apparmor=STATUS operation=profile_load",
    "Spectre V2 : Mitigation: Retpolines, and on context switch number {n}",
)
_CALLERS = tuple(f" bench_caller_{n}+0x{n:x}5/0x{n:x}90 [bench]" for n in range(1, 28))
_REGISTERS = (
    "RSP: 0018:ffffc900001bfc10 EFLAGS: 00010246",
    *(
        f"R{n:02}: {n * 0x1234567:016x} RBX: ffff88800{n:07x} RCX: 0000000000000000"
        for n in range(9)
    ),
    "CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033",
    "Call Trace:",
    " <TASK>",
    " dump_stack_lvl+0x5d/0x80",
)
_REPORTS = (
    "WARNING: CPU: 1 PID: 4711 at mm/bench.c:{n} bench_guilty+0x10/0x20 [bench]",
    "BUG: KASAN: slab-use-after-free in bench_guilty+0x1c/0x90 [bench]",
    "BUG: sleeping function called from invalid context at kernel/bench.c:{n}",
    "WARNING: possible recursive locking detected",
    "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [bench:{n}]",
)


@dataclass(frozen=True)
class Row:
    """One measurement. mb_s: of the parser; split_mb_s: of splitting the same bytes."""

    log: str
    mb: float
    findings: int
    mb_s: float
    split_mb_s: float


def quiet_lines() -> Iterator[str]:
    """A console with nothing wrong, for ever."""
    for n, words in zip(count(), cycle(_DRIVERS)):
        yield f"[{n / 4000:12.6f}][{TASK:>6}] {words.format(n=n % 97)}"


def report_lines() -> Iterator[str]:
    """Reports of some 45 lines, for ever, a third from interrupts."""
    clock = count()
    for n, words in zip(count(), cycle(_REPORTS)):
        body = ("------------[ cut here ]------------", words.format(n=n), *_REGISTERS, *_CALLERS)
        caller = IRQ if n % 3 == 0 else TASK
        for text in (*body, " </TASK>", "---[ end trace 0000000000000000 ]---"):
            yield f"[{next(clock) / 4000:12.6f}][{caller:>6}] {text}"


def blocks(lines: Iterator[str], mb: float) -> Iterator[bytes]:
    """So many MB of a log, in blocks as they are read from a file."""
    left = int(mb * MB)
    while left > 0:
        data = "".join(f"{line}\r\n" for line in islice(lines, BLOCK // 80)).encode()
        yield data[:left]
        left -= len(data)


def mixed(mb: float) -> Iterator[bytes]:
    """A quiet console with a report every 4 MB or so."""
    reports = report_lines()
    report = len(_REGISTERS) + len(_CALLERS) + 4
    for number, block in enumerate(blocks(quiet_lines(), mb)):
        yield block
        if number % 4 == 3:
            yield "".join(f"{line}\r\n" for line in islice(reports, report)).encode()


def measured(log: str, data: list[bytes]) -> Row:
    """Both sides on the same bytes, CPU time, the better of three in turn."""
    size = sum(map(len, data))
    parse: list[float] = []
    split: list[float] = []
    found = 0
    for _ in range(3):
        split.append(_cpu_s(lambda: sum(len(block.split(b"\n")) for block in data)))
        parse.append(_cpu_s(lambda: _count(data)))
    found = _count(data)
    return Row(log, size / MB, found, size / MB / min(parse), size / MB / min(split))


def _count(data: list[bytes]) -> int:
    return sum(1 for _ in find_splats(iter(data)))


def _cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def rows(mb: float = 32) -> list[Row]:
    """The mostly clean console, then the dense one."""
    return [
        measured("mostly clean", list(mixed(mb))),
        measured("reports only", list(blocks(report_lines(), mb))),
    ]


def peak_mb(mb: float, log: str) -> float:
    """The peak of resident memory of a process that reads so much of a log, MB."""
    code = f"import parse_bench; print(parse_bench.read_and_measure({mb}, {log!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def read_and_measure(mb: float, log: str) -> float:
    """Peak resident memory of this process after reading, MB.

    VmHWM, since ru_maxrss would count what the parent had when it forked."""
    data = mixed(mb) if log == "mostly clean" else blocks(report_lines(), mb)
    for _ in find_splats(data):
        pass
    status = Path("/proc/self/status").read_text().split()
    return int(status[status.index("VmHWM:") + 1]) / 1024


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--mb", type=float, default=32)
    mb: float = parser.parse_args().mb
    print(f"{'log':<14}{'MB':>6}{'findings':>10}{'MB/s':>8}{'splitting MB/s':>16}")
    for row in rows(mb):
        print(
            f"{row.log:<14}{row.mb:>6.0f}{row.findings:>10}{row.mb_s:>8.0f}{row.split_mb_s:>16.0f}"
        )
    print(f"\n{'peak memory':<14}" + "".join(f"{mb * grown:>7.0f} MB" for grown in (1, 4, 16)))
    for log in ("mostly clean", "reports only"):
        peaks = [peak_mb(mb * grown, log) for grown in (1, 4, 16)]
        print(f"{log:<14}" + "".join(f"{peak:>7.0f} MB" for peak in peaks))


if __name__ == "__main__":
    main()

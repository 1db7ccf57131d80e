# SPDX-License-Identifier: GPL-2.0-only
"""A host that is slow, stands still, or whose clock jumps; two runs at once."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

from cases_qemu import dozing
from fault_table import Skip, case
from product import Running, Seen
from world import GREEN, World, red

SLOW = (0.01, 0.09)  # awake, asleep: a tenth of the time
FROZEN_S = 15.0


def _slow(run: Running) -> Seen:
    """QEMU gets a tenth of the time, from its start."""
    pid = run.qemu()
    threading.Thread(target=dozing, args=(pid, *SLOW, 110.0), daemon=True).start()
    return run.end()


@case("slow-host")
def slow_host(place: World) -> Seen:
    return _slow(place.start(*GREEN, "--cold", "--timeout", "6"))


@case("slow-host-kept-state")
def slow_host_kept_state(place: World) -> Seen:
    """The state was made when the host was fast: what its boot told of speed is wrong."""
    return _slow(place.start(*GREEN, "--timeout", "2"))


@case("slow-host-red")
def slow_host_red(place: World) -> Seen:
    """Slowness makes nothing green, and accuses nobody."""
    return _slow(place.start(*red("fail", "--timeout", "4")))


def _frozen(run: Running, place: World) -> Seen:
    """All of us stand still, QEMU as well, as in a virtual machine that is paused."""
    everyone = (run.in_suite(), run.process.pid)
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(FROZEN_S)
    for pid in everyone:
        os.kill(pid, signal.SIGCONT)
    return run.end()


@case("host-frozen")
def host_frozen(place: World) -> Seen:
    """A healthy guest, and all of its suites."""
    return _frozen(place.start("boot", "--config", "numa", "--timeout", "6"), place)


@case("host-frozen-hang")
def host_frozen_hang(place: World) -> Seen:
    """A guest that hangs anyway."""
    return _frozen(place.start(*red("silent", "--timeout", "6")), place)


@case("host-clock-jumps")
def host_clock_jumps(place: World) -> Seen:
    """The time of day of all our processes goes a year ahead and two back while the guest runs."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise Skip("needs libfaketime (package faketime)")
    clock = place.own("clock") / "now"
    clock.write_text("+0\n")
    place.env.update(
        LD_PRELOAD=str(library), FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1", ORCHESTRATE_SANDBOX="never",
    )  # fmt: skip
    run = place.start(*GREEN, "--cold", "--timeout", "6")
    run.qemu()
    for offset in ("+365d", "-365d", "+0"):
        clock.with_suffix(".new").write_text(f"{offset}\n")
        clock.with_suffix(".new").rename(clock)
        time.sleep(0.7)
    return run.end()


@case("two-at-once")
def two_at_once(place: World) -> Seen:
    """Both have to make the machine's state; one makes it, the other waits."""
    shutil.rmtree(place.cache / "states")
    first, second = place.start(*GREEN), place.start(*GREEN)
    seen = first.end()
    return second.end() if seen.verdict == "pass" else seen


@case("two-at-once-one-red")
def two_at_once_one_red(place: World) -> Seen:
    good, bad = place.start(*GREEN), place.start(*red("panic"))
    seen = good.end()
    return bad.end() if seen.verdict == "pass" else seen


@case("two-at-once-one-killed")
def two_at_once_one_killed(place: World) -> Seen:
    """The one who makes the state is killed; the one who waits for it makes it then."""
    shutil.rmtree(place.cache / "states")
    first = place.start(*GREEN)
    first.says("state: numa4")
    second = place.start(*GREEN)
    second.says("note: waiting for another")
    place.kill(first)
    first.end()
    return second.end()

# SPDX-License-Identifier: GPL-2.0-only
"""QEMU missing, old, mute, killed, stopped; channels that are cut; a KVM that lies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from functools import partial
from pathlib import Path

from fault_table import Skip, case
from product import Seen
from world import GREEN, World, red

QEMU = "qemu-system-x86_64"
TCG = ("--accel", "tcg")
HANGS = red("hang", "--timeout", "60")


def fake(place: World, script: str) -> None:
    """A program called like QEMU, which is found first. $REAL is the real one."""
    folder = place.own("bin")
    program = folder / QEMU
    program.write_text(f"#!/bin/sh\nREAL={shutil.which(QEMU)}\n{script}\n")
    program.chmod(0o755)
    place.env["PATH"] = f"{folder}:{os.environ['PATH']}"


def rewired(place: World, old: str, new: str) -> None:
    """A QEMU that takes one word of its command line for another (a pattern of sed)."""
    loop = 'for word; do shift; set -- "$@" "$(printf %s "$word" | sed "s|{}|{}|")"; done'
    fake(place, loop.format(old, new) + '\nexec "$REAL" "$@"')


@case("qemu-missing")
def qemu_missing(place: World) -> Seen:
    folder = place.own("bin")
    for part in reversed(os.environ["PATH"].split(":")):
        for program in Path(part).iterdir() if Path(part).is_dir() else ():
            if program.name != QEMU:
                (folder / program.name).unlink(missing_ok=True)
                (folder / program.name).symlink_to(program)
    place.env["PATH"] = str(folder)
    return place.start(*GREEN).end()


@case("qemu-too-old")
def qemu_too_old(place: World) -> Seen:
    """What 2.0 says to our command line."""
    fake(
        place,
        f"""case $1 in
--version) echo "QEMU emulator version 2.0.0, Copyright (c) 2003-2008 Fabrice Bellard" ;;
*) echo "{QEMU}: -machine q35,graphics=off: Invalid parameter 'graphics'" >&2; exit 1 ;;
esac""",
    )
    return place.start(*GREEN, *TCG).end()


@case("qemu-ends-at-once")
def qemu_ends_at_once(place: World) -> Seen:
    fake(place, "exit 0")
    return place.start(*GREEN, *TCG).end()


@case("qemu-mute")
def qemu_mute(place: World) -> Seen:
    """It starts and never greets; its child must go with it."""
    fake(place, "sleep 1000 & wait")
    return place.start(*GREEN, *TCG).end()


def _signalled(number: signal.Signals, place: World) -> Seen:
    run = place.start(*HANGS)
    os.kill(run.in_suite(), number)
    return run.end()


case("qemu-killed")(partial(_signalled, signal.SIGKILL))
case("qemu-terminated")(partial(_signalled, signal.SIGTERM))
case("qemu-crashed")(partial(_signalled, signal.SIGSEGV))


@case("qemu-stopped")
def qemu_stopped(place: World) -> Seen:
    """Somebody stops it, for ever: that is no hang of the guest."""
    run = place.start(*red("hang", "--timeout", "8"))
    os.kill(run.in_suite(), signal.SIGSTOP)
    return run.end()


@case("kmsg-channel-cut")
def kmsg_channel_cut(place: World) -> Seen:
    rewired(place, "^file,id=kmsg,.*", "file,id=kmsg,path=/dev/null")
    return place.start(*GREEN, *TCG).end()


@case("trace-channel-cut")
def trace_channel_cut(place: World) -> Seen:
    rewired(place, "^file,id=trace,.*", "file,id=trace,path=/dev/null")
    return place.start(*GREEN, *TCG).end()


@case("job-channel-cut")
def job_channel_cut(place: World) -> Seen:
    """Half of the job arrives."""
    fake(place, 'case "$*" in *"stdio,id=job"*) head -c 100000 | "$REAL" "$@" ;; '
                '*) exec "$REAL" "$@" ;; esac')  # fmt: skip
    return place.start(*GREEN, *TCG).end()


@case("results-removed")
def results_removed(place: World) -> Seen:
    """Somebody tidies up: the file of the results is gone while the guest writes to it."""
    run = place.start(*red("hang", "--timeout", "8"))
    run.in_suite()
    (run.run_dir / "results.log").unlink()
    return run.end()


@case("run-directory-removed")
def run_directory_removed(place: World) -> Seen:
    run = place.start(*red("hang", "--timeout", "8"))
    run.in_suite()
    shutil.rmtree(run.run_dir)
    return run.end()


@case("console-gigabytes")
def console_gigabytes(place: World) -> Seen:
    """3 GiB on the console at once, as a fast host would write them."""
    run = place.start(*HANGS)
    run.in_suite()
    os.truncate(run.run_dir / "console.log", 3 << 30)
    return run.end()


@case("kvm-lies")
def kvm_lies(place: World) -> Seen:
    """/dev/kvm is there, and no guest runs on it."""
    if not os.access("/dev/kvm", os.W_OK):
        raise Skip("there is no /dev/kvm")
    if _kvm_works(place):
        raise Skip("KVM works here")
    return place.start(*GREEN, "--accel", "kvm").end()


@case("kvm-lied-before")
def kvm_lied_before(place: World) -> Seen:
    """The probe's answer of yesterday says that it works; it no longer does."""
    if not os.access("/dev/kvm", os.W_OK) or _kvm_works(place):
        raise Skip("needs a KVM that does not work")
    for memo in (place.cache / "probes").glob("kvm-*.json"):
        memo.write_text(json.dumps(["qemu64", "a 64-bit guest ran on KVM"]))
    return place.start(*GREEN, "--accel", "kvm").end()


def _kvm_works(place: World) -> bool:
    memos = list((place.cache / "probes").glob("kvm-*.json"))
    return any(json.loads(memo.read_text())[0] for memo in memos)


def dozing(pid: int, awake_s: float, asleep_s: float, end_s: float) -> None:
    """A process that gets awake_s of each awake_s + asleep_s, for end_s or until it ends."""
    end = time.monotonic() + end_s
    try:
        while time.monotonic() < end:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(asleep_s)
            os.kill(pid, signal.SIGCONT)
            time.sleep(awake_s)
    except ProcessLookupError:
        pass

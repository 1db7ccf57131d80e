# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate itself ended: Ctrl-C once, Ctrl-C until it is gone, SIGTERM, and kill -9, at each
stage."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial

from fault_table import case
from mirror import Mirror
from product import Running, Seen
from slow_tree import slow_tree
from world import GREEN, World, red

RELEASE = "7.3.4"
NUMA = ("boot", "--config", "numa")


def in_source(place: World) -> Running:
    """A download that does not go on."""
    mirror = Mirror(RELEASE, stall_after=100_000)
    place.env["ORCHESTRATE_KERNEL_ORG"] = mirror.base
    run = place.start(*NUMA, "--source", f"kernel.org:{RELEASE}")
    run.until(lambda: any((place.cache / "downloads" / f"linux-{RELEASE}").glob("*.part")))
    return run


def in_build(place: World) -> Running:
    run = place.start(*NUMA, "--tree", str(slow_tree(place.own("tree"))))
    run.until(lambda: any((place.cache / "building").glob("*/src/build/begun")))
    return run


def in_module(place: World) -> Running:
    shutil.rmtree(place.cache / "modules")
    run = place.start(*GREEN)
    run.until(lambda: any((place.cache / "modules").glob(".*.partial/*.o")))
    return run


def in_state(place: World) -> Running:
    shutil.rmtree(place.cache / "states")
    run = place.start(*GREEN)
    run.qemu()
    run.until(lambda: any((place.cache / "states").glob(".*.partial/ram0")))
    return run


def in_start(place: World) -> Running:
    """QEMU is being started."""
    run = place.start(*GREEN)
    run.says("boot:")
    return run


def in_boot(place: World) -> Running:
    run = place.start(*red("hang", "--timeout", "60"))
    run.in_suite()
    return run


def in_saving(place: World) -> Running:
    """Writing run.json takes for ever: where it is written to, there is a pipe nobody reads."""
    place.runs.joinpath("1").mkdir()
    run = place.start(*red("hang", "--timeout", "2"))
    run.in_suite()
    os.mkfifo(run.run_dir / ".run.json.partial")
    run.says("boot: done")
    time.sleep(0.3)
    return run


STAGES: dict[str, Callable[[World], Running]] = {
    "source": in_source,
    "build": in_build,
    "module": in_module,
    "state": in_state,
    "start": in_start,
    "boot": in_boot,
    "saving": in_saving,
}


def _killed(stage: str, place: World) -> Seen:
    run = STAGES[stage](place)
    place.kill(run)
    return run.end()


def _signalled(stage: str, number: signal.Signals, place: World) -> Seen:
    run = STAGES[stage](place)
    run.signal(number)
    return run.end()


def _impatient(stage: str, place: World) -> Seen:
    """Ctrl-C, and again and again while it cleans up."""
    run = STAGES[stage](place)
    while run.process.poll() is None:
        run.signal(signal.SIGINT)
        time.sleep(0.02)
    return run.end()


for _stage in STAGES:
    case(f"killed-{_stage}")(partial(_killed, _stage))
    if _stage not in ("module", "saving"):
        case(f"ctrl-c-{_stage}")(partial(_signalled, _stage, signal.SIGINT))
for _stage in ("build", "module", "state", "boot"):
    case(f"ctrl-c-twice-{_stage}")(partial(_impatient, _stage))
for _stage in ("build", "boot"):
    case(f"sigterm-{_stage}")(partial(_signalled, _stage, signal.SIGTERM))

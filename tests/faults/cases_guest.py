# SPDX-License-Identifier: GPL-2.0-only
"""What goes wrong inside the guest: a suite of tests/kmod-red each."""

from __future__ import annotations

from functools import partial

from fault_table import case
from product import Seen
from world import World, red

SHORT = ("--timeout", "6")

# Case → suite.
SUITES = {
    "test-fails": "fail",
    "test-skips": "skip",
    "test-warns": "warn",
    "guest-oops": "oops",
    "guest-panic": "panic",
    "guest-reset": "restart",
    "triple-fault": "triple",
    "hang-asleep": "hang",
    "hang-irqs-off": "spin",
    "hang-silent": "silent",
    "soft-lockup": "soft",
    "early-power-off": "poweroff",
    "init-killed": "init",
    "guest-out-of-memory": "oom",
    "virtio-unplugged": "unplug",
    "console-garbage": "forged",
    "forged-end": "liar",
    "port-flooded": "flood",
    "console-chatty": "chatty",
    "guest-clock-jumps": "clock",
}


def _run(suite: str, place: World) -> Seen:
    return place.start(*red(suite, *SHORT)).end()


for _name, _suite in SUITES.items():
    case(_name)(partial(_run, _suite))


@case("green-then-panic")
def green_then_panic(place: World) -> Seen:
    """Green suites before it do not hide it."""
    return place.start(*red("panic", "--suite", "create", "--suite", "names")).end()

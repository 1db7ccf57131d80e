# SPDX-License-Identifier: GPL-2.0-only
"""Kernels that never get as far as user space: a patch of tests/patches each."""

from __future__ import annotations

from functools import partial

from fault_table import case
from product import Seen
from world import GREEN, TESTS, World

PATCHES = {
    "boot-panic": "boot-panics",
    "boot-hang": "boot-hangs",
    "reset-loop": "boot-resets",
    "boot-power-off": "boot-powers-off",
}


def patched(patch: str) -> tuple[str, ...]:
    return (*GREEN, "--patch", str(TESTS / "patches" / f"{patch}.patch"))


def _run(patch: str, place: World) -> Seen:
    return place.start(*patched(patch)).end()


for _name, _patch in PATCHES.items():
    case(_name)(partial(_run, _patch))

# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel's detectors do not look at, though one might think so: green says nothing of it."""

from __future__ import annotations

_STACKS = (
    "kasan does not watch variables on stacks: CONFIG_KASAN_STACK is off, as Kconfig has it for "
    "clang, whose kernels need more stack with it; a fragment of yours may turn it on"
)


def blind_spots(dotconfig: str) -> tuple[str, ...]:
    """A line each. dotconfig: .config as it was built.

    lib/Kconfig.kasan: gcc has KASAN_STACK by default, clang has not (LLVM's bug 38809).
    """
    lines = set(dotconfig.splitlines())
    off = {"CONFIG_KASAN_GENERIC=y", "# CONFIG_KASAN_STACK is not set"} <= lines
    return (_STACKS,) if off else ()

# SPDX-License-Identifier: GPL-2.0-only
"""What a soak runs: command lines, how often each, and the one verdict each must get."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RED = str(Path(__file__).resolve().parents[1] / "kmod-red")


@dataclass(frozen=True)
class Kind:
    """One sort of run. args: for `orchestrate boot`; share: out of the sum of all shares;
    most: of one that takes long, so many in a soak, and others in its place; 0: any number."""

    name: str
    verdict: str
    args: tuple[str, ...]
    share: int
    most: int = 0


def _red(suite: str) -> tuple[str, ...]:
    return ("--kmod", RED, "--suite", suite, "--timeout", "6")


GREEN = tuple(
    Kind(f"{topology} {how} {suite}", "pass",
         ("--topology", topology, "--suite", suite, *(("--cold",) if how == "cold" else ())), share)
    for topology, suite in (
        ("numa1", "names"), ("numa2", "create"), ("numa4", "placement"), ("numa4", "work"),
        ("memoryless", "create"), ("cpuless", "names"), ("uneven", "placement"),
    )
    for how, share in (("forked", 8), ("cold", 3))
)  # fmt: skip
REST = (
    Kind("numa4 forked, all suites", "pass", (), 2),
    Kind("a test fails", "fail", _red("orch_red_fail"), 3),
    Kind("a warning", "fail", _red("orch_red_warn"), 2),
    Kind("an oops", "crash", _red("orch_red_oops"), 3),
    Kind("a panic", "crash", (*_red("orch_red_panic"), "--cold"), 2),
    Kind("a triple fault", "crash", _red("orch_red_restart"), 3),
    Kind("early power-off", "incomplete", _red("orch_red_poweroff"), 3),
    Kind("all skipped", "skip", _red("orch_red_skip"), 2),
    Kind("a suite hangs", "hang", _red("orch_red_hang"), 1, most=6),
    Kind("interrupts off for ever", "hang", _red("orch_red_spin"), 1, most=6),
)
KINDS = (*GREEN, *REST)


def drawn(count: int, seed: int, kinds: tuple[Kind, ...] = KINDS) -> Iterator[Kind]:
    """`count` of them by their shares, the same ones for the same seed, each kind at least once
    if count allows."""
    chance = random.Random(seed)
    left = {kind.name: kind.most for kind in kinds if kind.most}
    order = [*kinds]
    chance.shuffle(order)
    for number in range(count):
        kind = order[number] if number < len(order) else _draw(chance, kinds, left)
        if kind.most:
            left[kind.name] -= 1
        yield kind


def _draw(chance: random.Random, kinds: tuple[Kind, ...], left: dict[str, int]) -> Kind:
    choice = [kind for kind in kinds if left.get(kind.name, 1) > 0]
    return chance.choices(choice, [kind.share for kind in choice])[0]

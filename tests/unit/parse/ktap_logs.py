# SPDX-License-Identifier: GPL-2.0-only
"""Made-up KTAP: random trees of tests in every style, and what breaks them on the way."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

INDENTS = ("    ", "\t", "  ")
NAMES = ("alloc", "free_twice", "a", "node 0", "C++", "x: y", "1", "ok", "not", "a-b", "é")
FOREIGN = (
    "random: crng init done",
    "  clocksource: 1..3 stays a comment",
    "# ok 4 in a comment",
    "ok, booting",
    "not okay",
    "BUG: no report, just words",
    "1.. 4",
    "    ",
    "# module: some_test",
    "# alloc.speed: slow",
    "okay 1 - x",
    "ok 1 hash#inside",
    "TAP version 14 is what we speak",
    "# TAP version 13",
    "# 1..2",
    "# # Subtest: inner",
    "foo #",
)
DIRECTIVES = (
    "# SKIP",
    "# SKIP no such node",
    "# skip small letters",
    "# TODO later",
    "# XFAIL known",
    "# TIMEOUT 45 seconds",
    "# SKIPPED",
    "# exit=1",
    "# SKIP a # SKIP b",
    "#SKIP",
)
SPLICES = (
    "1..0 # SKIP not here",
    "1..2",
    "KTAP version 1",
    "    KTAP version 1",
    "KTAP version 2",
    "TAP version 13",
    "# Subtest: a",
    "    # Subtest: alloc",
    "ok 1 a",
    "    ok 2 - alloc # SKIP",
    "not ok 3",
    "ok 1",
    "ok 01 a",
    "\t1..1",
    "List of all partitions:",
    "reboot: System halted",
)


@dataclass(frozen=True)
class Node:
    """A test, or a suite if `tests` is not empty."""

    name: str
    good: bool = True
    directive: str = ""
    tests: tuple[Node, ...] = ()


def tree(random: Random, depth: int = 3, top: bool = True) -> tuple[Node, ...]:
    """Sound tests: names are unique among siblings and none is its suite's, suites fail with
    their tests."""
    return tuple(_node(random, depth, i, top) for i in range(random.randint(1, 4)))


def _node(random: Random, depth: int, position: int, top: bool) -> Node:
    name = f"{random.choice(NAMES)}_{depth}{position}"
    if depth > 0 and (top or random.random() < 0.3):
        tests = tree(random, depth - 1, top=False)
        return Node(name, all(test.good for test in tests), "", tests)
    directive = random.choice(DIRECTIVES[:2]) if random.random() < 0.2 else ""
    return Node(name, bool(directive) or random.random() < 0.8, directive)


def expected(tests: tuple[Node, ...]) -> tuple[int, int, int]:
    """(passed, failed, skipped) leaves of a sound log."""
    passed = failed = skipped = 0
    for test in tests:
        if test.tests:
            below = expected(test.tests)
            passed, failed, skipped = passed + below[0], failed + below[1], skipped + below[2]
        elif test.directive.startswith("# SKIP"):
            skipped += 1
        else:
            passed, failed = passed + test.good, failed + (not test.good)
    return passed, failed, skipped


def sound(random: Random, tests: tuple[Node, ...]) -> list[str]:
    """A document: version, plan, and suites in one of the styles the kernel has had."""
    version = random.choice(("KTAP version 1", "TAP version 14", "TAP version 13"))
    head = random.choice((("KTAP version 1", "# Subtest"), ("# Subtest",), ("KTAP version 1",)))
    style = (random.choice(INDENTS), head, random.choice(("", "- ")), random.random() < 0.8)
    return [version, f"1..{len(tests)}", *_block(random, tests, "", style)]


_Style = tuple[str, tuple[str, ...], str, bool]


def _block(random: Random, tests: tuple[Node, ...], margin: str, style: _Style) -> list[str]:
    indent, head, hyphen, planned = style
    lines: list[str] = []
    for number, test in enumerate(tests, 1):
        if test.tests:
            inner = margin + indent
            marks = {"# Subtest": f"# Subtest: {test.name}"}
            lines += [inner + marks.get(mark, mark) for mark in head]
            if planned or "# Subtest" not in head:
                lines.append(f"{inner}1..{len(test.tests)}")
            lines += _block(random, test.tests, inner, style)
        elif random.random() < 0.2:
            lines.append(f"{margin}# {test.name}: about to run")
        word = "ok" if test.good else "not ok"
        lines.append(f"{margin}{word} {number} {hyphen}{test.name} {test.directive}".rstrip())
    return lines


def broken(random: Random, lines: list[str]) -> list[str]:
    """A few accidents: lines lost, doubled, swapped, torn, renumbered; strangers in between."""
    lines = list(lines)
    for _ in range(random.randint(1, 5)):
        at = random.randrange(len(lines)) if lines else 0
        _ACCIDENTS[random.randrange(len(_ACCIDENTS))](random, lines, at)
    return lines


def _lose(_random: Random, lines: list[str], at: int) -> None:
    del lines[at : at + 1]


def _double(_random: Random, lines: list[str], at: int) -> None:
    lines[at:at] = lines[at : at + 1]


def _swap(_random: Random, lines: list[str], at: int) -> None:
    lines[at : at + 2] = lines[at : at + 2][::-1]


def _tear(random: Random, lines: list[str], at: int) -> None:
    if at < len(lines):
        lines[at] = lines[at][: random.randint(0, len(lines[at]))]


def _cut_off(random: Random, lines: list[str], at: int) -> None:
    del lines[at + 1 :]
    _tear(random, lines, at)


def _renumber(random: Random, lines: list[str], at: int) -> None:
    if at < len(lines):
        digits = "".join(c for c in lines[at] if c.isdigit())[:1]
        lines[at] = lines[at].replace(digits, str(random.randint(0, 12)), 1) if digits else "1..7"


def _interrupt(random: Random, lines: list[str], at: int) -> None:
    lines.insert(at, random.choice(FOREIGN))


def _splice(random: Random, lines: list[str], at: int) -> None:
    lines.insert(at, random.choice(SPLICES))


def _direct(random: Random, lines: list[str], at: int) -> None:
    if at < len(lines):
        lines[at] += " " + random.choice(DIRECTIVES)


_ACCIDENTS = (_lose, _double, _swap, _tear, _cut_off, _renumber, _interrupt, _splice, _direct)

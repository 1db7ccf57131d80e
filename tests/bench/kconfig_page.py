# SPDX-License-Identifier: GPL-2.0-only
"""docs/kconfig-costs.md: what each option costs, beside the reason its fragment gives. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kconfig_attribution import Cost, Size
from kconfig_configs import Kind

HEAD = """\
# What each option costs

Made by `python tests/bench/kconfig_costs.py` from the fragments base and numa. For each option,
kbuild is asked which objects it would not link if that option alone were not asked for; what goes
with it, because it depends on it or is selected by nothing else, counts as its own, so rows
overlap. Objects are measured one by one: what of them is loaded (text and data, without bss), the
CPU seconds that compiling them took, objtool included, and the milliseconds their initcalls took
at boot under TCG (the median of {boots} boots with `initcall_debug`).

"Others" are objects that stay and mention an option that changes, so that they are compiled
otherwise, or again to the same bytes; what that saves is not in the row, nor is what is made while
linking, such as the table of symbols (KALLSYMS). If nearly all do, or the compiler's flags change,
it says "everywhere", and the row is only what can be told."""

_STAYS = """\
Asked for the other way alone, these are as they were: something else that is on selects them, they
have no prompt there, or the number is Kconfig's own. The line in the fragment says that they are
needed, and adds nothing to this kernel."""

_REST = """\
Numbers were left to Kconfig, what is off was turned on, and what a tree cannot have is named."""

_CONTROLS = """\
These were built without the option, and the two images compared. What the sum over objects cannot
see: their share of the table of symbols, what other objects lose, strings that several share, and
gaps between objects."""


@dataclass(frozen=True)
class Control:
    """An option left out for real. really: how much smaller vmlinux is then."""

    cost: Cost
    really: Size


@dataclass(frozen=True)
class Whole:
    """The kernel all this is about. boot_ms: of all initcalls; unowned_ms: of those that belong
    to no single object; boots: how many were measured."""

    release: str
    machine: str
    objects: int
    size: Size
    boot_ms: float
    unowned_ms: float
    boots: int


def page(
    whole: Whole,
    costs: Sequence[Cost],
    controls: Sequence[Control],
    reasons: Mapping[str, str],
) -> str:
    """All of it. reasons: option → what its fragment says."""
    own = [each for each in costs if each.without.kind is Kind.OFF and not each.everywhere]
    everywhere = [each for each in costs if each.without.kind is Kind.OFF and each.everywhere]
    stays = [each for each in costs if each.without.kind is Kind.STAYS]
    rest = [each for each in costs if each not in (*own, *everywhere, *stays)]
    lines = [HEAD.format(boots=whole.boots), "", *_about(whole)]
    lines += ["", "## Options with a cost of their own", *_costs(own, reasons)]
    lines += ["", "## Options that change everything", *_costs(everywhere, reasons)]
    lines += ["", "## Options that stay", "", _STAYS, *_reasons(stays, reasons)]
    lines += ["", "## Numbers, and what is off", "", _REST, *_rest(rest, reasons)]
    lines += ["", "## Control", "", _CONTROLS, *_controls(controls)]
    return "\n".join(lines) + "\n"


def _about(whole: Whole) -> Iterator[str]:
    yield f"Kernel {whole.release}, configuration numa; {whole.machine}."
    yield (
        f"All of it: {whole.objects} objects, {_kib(whole.size.data)} KiB of text and data, "
        f"{_kib(whole.size.bss)} KiB of bss, {whole.boot_ms:.0f} ms of initcalls, "
        f"{whole.unowned_ms:.1f} ms of them of no single object."
    )


def _costs(costs: Sequence[Cost], reasons: Mapping[str, str]) -> Iterator[str]:
    head = ("option", "goes with it", "objects", "compile, s", "text+data, KiB", "bss, KiB",
            "initcalls, ms", "others", "why it is there")  # fmt: skip
    ordered = sorted(costs, key=lambda each: (-each.size.data, each.without.option))
    rows = (
        (
            _name(each.without.option),
            ", ".join(map(_name, each.without.also)) or _uncounted(each),
            str(len(each.without.gone)) + (f" (+{n})" if (n := len(each.without.came)) else ""),
            f"{each.seconds:.1f}",
            _kib(each.size.data),
            _kib(each.size.bss),
            f"{each.boot_ms:.1f}",
            "everywhere" if each.everywhere else str(each.otherwise),
            reasons.get(each.without.option, ""),
        )
        for each in ordered
    )
    yield from _table(head, rows)


def _uncounted(each: Cost) -> str:
    more = len(each.without.changed) - 1
    return f"{more} not asked for" if more else ""


def _reasons(costs: Sequence[Cost], reasons: Mapping[str, str]) -> Iterator[str]:
    rows = (
        (_name(name), reasons.get(name, "")) for name in (each.without.option for each in costs)
    )
    yield from _table(("option", "why it is there"), rows)


def _rest(costs: Sequence[Cost], reasons: Mapping[str, str]) -> Iterator[str]:
    said = {
        Kind.BROUGHT: "on: objects that come: {came}, that go: {gone}",
        Kind.DEFAULT: "Kconfig's number: objects that come: {came}, that go: {gone}",
        Kind.ABSENT: "this tree does not have it",
    }
    rows = (
        (
            _name(each.without.option),
            said[each.without.kind].format(
                came=len(each.without.came), gone=len(each.without.gone)
            ),
            "everywhere" if each.everywhere else str(each.otherwise),
            reasons.get(each.without.option, ""),
        )
        for each in costs
    )
    yield from _table(("option", "the other way", "others", "why it is there"), rows)


def _controls(controls: Sequence[Control]) -> Iterator[str]:
    head = ("option", "objects", "others", "text+data by objects, KiB", "really, KiB", "bss, KiB",
            "really, KiB")  # fmt: skip
    rows = (
        (
            _name(each.cost.without.option),
            str(len(each.cost.without.gone)),
            str(each.cost.otherwise),
            _kib(each.cost.size.data),
            _kib(each.really.data),
            _kib(each.cost.size.bss),
            _kib(each.really.bss),
        )
        for each in controls
    )
    yield from _table(head, rows)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)


def _name(option: str) -> str:
    return option.removeprefix("CONFIG_")


def _kib(size_bytes: int) -> str:
    return f"{size_bytes / 1024:.1f}"


def reasons_in(text: str) -> dict[str, str]:
    """Option → the comment above it, or above the options it stands among; of a fragment.

    What is "[optional]" is said of the next option only (config/fragments.py).
    """
    found: dict[str, str] = {}
    comment: list[str] = []
    note: list[str] = []
    fresh = False
    for line in text.splitlines():
        if line.startswith("# [optional]"):
            note = [line.removeprefix("# [optional]").strip()]
        elif line.startswith("#") and " is not set" not in line:
            comment = [*comment, line.strip("# ")] if fresh else [line.strip("# ")]
            fresh = True
        elif line.strip():
            name = line.removeprefix("# ").partition("=")[0].split()[0]
            found[name] = " ".join((*comment, *filter(None, note)))
            note, fresh = [], False
        else:
            comment, fresh = [], False
    return found

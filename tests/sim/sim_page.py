# SPDX-License-Identifier: GPL-2.0-only
"""The tables of docs/scaling.md, which stand there between markers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from sim_sweep import Ran
from sim_times import Times
from validate import FILE

SHARED = ("store, out", "unpacking", "scheduler", "history", "store, in")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def duration(seconds: float) -> str:
    """ "48 s", "3.4 min", "5.2 h" """
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def one_night(ran: Ran) -> str:
    """What is printed of a single one."""
    rows = [
        ("cells, kernels, hosts", f"{ran.cells}, {ran.kernels}, {ran.case.setting.hosts}"),
        ("took", duration(ran.took_s)),
        ("its work on all cores", f"{duration(ran.ideal_s)}: {ran.efficiency:.0%}"),
        ("attempts, builds, from nothing", f"{ran.attempts}, {ran.builds}, {ran.whole}"),
        ("steps begun again", str(ran.lost)),
        *((f"{name}, busy", f"{ran.busy[name] / ran.took_s:.0%}") for name in SHARED),
        *((f"{name}, saturated at", f"{ran.saturated_at(name):.0f} hosts") for name in SHARED),
    ]
    return table(("what", "simulated"), rows)


def tables(ran: Sequence[Ran], times: Times) -> dict[str, str]:
    """By name."""
    of = {
        group: [each for each in ran if each.case.group == group]
        for group in dict.fromkeys(each.case.group for each in ran)
    }
    named = ("mended", "mended twice", "other", "failures")
    return {
        "times": _times(times),
        "hosts": _over(of["hosts"], "hosts"),
        "cells": _over(of["cells"], "cells"),
        "saturation": _saturation(
            [each for each in of["mended"] if "nothing" not in each.case.name]
        ),
        **{group.replace(" ", "-"): _named(of[group]) for group in named},
    }


def _times(times: Times) -> str:
    rows = []
    for name, about in times.measured["spreads"].items():
        q = times.spreads[name]
        shown = [_amount(q.at(p), about["unit"]) for p in (0.1, 0.5, 0.9)]
        rows.append((name.replace("_", " "), *shown, str(q.count), about["from"]))
    for name, about in times.measured["numbers"].items():
        rows.append((name.replace("_", " "), "", f"{about['value']:.4g}", "", "", about["from"]))
    return table(("what", "10 %", "median", "90 %", "values", "of"), rows)


def _amount(value: float, unit: str) -> str:
    return f"{value / 1e6:.2f} MB" if unit == "bytes" else f"{value:.1f} s"


def _over(ran: Sequence[Ran], what: str) -> str:
    names = list(dict.fromkeys(each.case.name for each in ran))
    found: dict[int, dict[str, Ran]] = {}
    for each in ran:
        count = each.case.setting.hosts if what == "hosts" else each.cells
        found.setdefault(count, {})[each.case.name] = each
    rows = (
        [f"{count}", *(_took(found[count].get(name)) for name in names)] for count in sorted(found)
    )
    return table((what, *names), rows)


def _took(ran: Ran | None) -> str:
    return f"{duration(ran.took_s)} ({ran.efficiency:.0%})" if ran else ""


def _named(ran: Sequence[Ran]) -> str:
    rows = (
        (each.case.name, duration(each.took_s), f"{each.efficiency:.0%}",
         *(f"{each.busy[name] / each.took_s:.0%}" for name in SHARED),
         str(each.attempts), str(each.lost))
        for each in ran
    )  # fmt: skip
    return table(("night", "took", "hosts busy", *SHARED, "attempts", "begun again"), rows)


def _saturation(ran: Sequence[Ran]) -> str:
    rows = ((each.case.name, *(_hosts(each.saturated_at(name)) for name in SHARED)) for each in ran)
    return table(("night", *SHARED), rows)


def _hosts(count: float) -> str:
    return "never" if count == float("inf") else f"{count:.0f}"


def validation() -> str:
    """Real nights beside simulated ones."""
    nights = json.loads(FILE.read_text(encoding="utf-8"))

    def off(value: float, night: Mapping[str, float]) -> str:
        return f"{value:.1f} s ({value / night['real_s'] - 1:+.1%})"

    rows = (
        (f"{each['cells']} cells, {each['builds']} builds, {each['slots']} at a time",
         f"{each['real_s']:.1f} s", off(each["replayed_s"], each),
         off(each["predicted_s"][0], each) if each["predicted_s"] else "",
         "{1:.0f} to {2:.0f} s".format(*each["predicted_s"]) if each["predicted_s"] else "")
        for each in nights
    )  # fmt: skip
    return table(("night", "real", "replayed", "predicted", "over 20 seeds"), rows)


def with_tables(page: str, made: Mapping[str, str]) -> str:
    """The page with these tables in it; KeyError if it asks for another."""
    return re.sub(
        r"(<!-- sim: ([a-z-]+) -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{made[found[2]]}\n\n{found[3]}",
        page,
        flags=re.DOTALL,
    )

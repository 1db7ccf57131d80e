# SPDX-License-Identifier: GPL-2.0-only
"""Where the time of one boot goes, from QEMU's start to its end."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from bench_commands import BOOT, Bench, document, run
from figures import Section, Series

SUITE = "create"
# What ends a phase, and the phase; kernel messages, in the order they come.
MARKS = (
    ("smp: Bringing up secondary CPUs", "kernel, one CPU"),
    ("smp: Brought up", "the other CPUs"),
    ("Run /init as init process", "ACPI, PCI, drivers"),
)
BEFORE = "QEMU and firmware, until the guest's clock runs"
GAP_S = 0.02  # between two messages, to be told
_RECORD = re.compile(r"\[ *(\d+\.\d+)\](?:\[[^\]]*\])? (.*)")


def measure(bench: Bench) -> Section:
    """Boots from the start with one suite: what a kept state saves, and what it does not."""
    runs = []
    gaps: list[str] = []
    for number in range(1 + bench.runs):
        run_dir = bench.folder / f"timeline-{number}"
        run((*BOOT, "--cold", "--suite", SUITE, "--run-dir", str(run_dir)))
        log = (run_dir / "dmesg.log").read_text(errors="replace").splitlines()
        outcome = document(run_dir)["outcome"]
        said = (run_dir / "results.log").read_text().splitlines()
        runs.append(phases(log, said, float(outcome["boot_s"]), float(outcome["wall_s"])))
        gaps = [*longest(log)]
    counted = runs[1:]
    return Section(
        "timeline",
        "Where a boot goes",
        f"numa4, `--cold --suite {SUITE}`; the guest's clock against ours at init's first word.",
        tuple(Series(name, tuple(each[name] for each in counted)) for name in counted[0]),
        notes=tuple(f"between two messages: {gap}" for gap in gaps),
    )


def phases(log: list[str], said: list[str], boot_s: float, wall_s: float) -> dict[str, float]:
    """Phase → seconds. log: dmesg; said: the results channel; boot_s, wall_s: of run.json.

    Raises ValueError for a log in which a mark is missing.
    """
    began_s = _uptime(said, "begin")
    ends = [(BEFORE, 0.0)]
    records = [(float(match[1]), match[2]) for match in map(_RECORD.match, log) if match]
    for mark, phase in MARKS:
        found = next((at for at, text in records if text.startswith(mark)), None)
        if found is None:
            raise ValueError(f"no message {mark!r}")
        ends.append((phase, found))
    ends += [
        ("init, until it has its job", began_s),
        ("core module, tracing", _uptime(said, "suite-begin")),
        ("the suite", _uptime(said, "suite-end")),
        ("logs to the host", _uptime(said, "end")),
        ("power-off", wall_s - boot_s + began_s),
    ]
    took = {name: after - before for (_, before), (name, after) in itertools.pairwise(ends)}
    return {BEFORE: boot_s - began_s, **took}


def _uptime(said: list[str], word: str) -> float:
    """The third word of init's line that begins so (parse/guest.py), seconds."""
    line = next((line for line in said if line.startswith(f"{word} ")), None)
    if line is None:
        raise ValueError(f"init did not say {word!r}")
    return float(line.split()[2])


def longest(log: list[str]) -> Iterator[str]:
    """Silences of the kernel before init, the longest first."""
    records = [(float(match[1]), match[2]) for match in map(_RECORD.match, log) if match]
    ends = [at for at, text in records if text.startswith(MARKS[-1][0])]
    pairs = [
        (after - before, first, then)
        for (before, first), (after, then) in itertools.pairwise(records)
        if ends and after <= ends[0] and after - before >= GAP_S
    ]
    for gap_s, first, then in sorted(pairs, reverse=True):
        yield f"{gap_s:.3f} s from “{first[:50]}” to “{then[:50]}”"

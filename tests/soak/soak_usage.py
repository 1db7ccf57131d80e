# SPDX-License-Identifier: GPL-2.0-only
"""What this process holds, from /proc (proc(5)), and whether that grows."""

from __future__ import annotations

import gc
import statistics
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """At one moment: MiB of anonymous memory, open files, threads, child processes (zombies
    count), entries in the temporary folder, mounts."""

    done: int
    rss_mib: float
    files: int
    threads: int
    children: int
    temporary: int
    mounts: int


def usage(done: int, temporary: Path) -> Usage:
    """Now, after `done` runs, with garbage collected."""
    gc.collect()
    own = Path("/proc/self")
    memory = (own / "status").read_text()
    rss_kib = int(memory.split("RssAnon:")[1].split()[0])
    return Usage(
        done=done,
        rss_mib=rss_kib / 1024,
        files=sum(1 for _ in (own / "fd").iterdir()),
        threads=threading.active_count(),
        children=sum(
            len((task / "children").read_text().split()) for task in (own / "task").iterdir()
        ),
        temporary=sum(1 for _ in temporary.iterdir()),
        mounts=len((own / "mountinfo").read_text().splitlines()),
    )


def growth(samples: Sequence[Usage], slack_mib: float = 8.0) -> tuple[str, ...]:
    """What grew from the second fifth of the samples to the last one: a line each.

    The first fifth loads and warms up. Memory may grow by slack_mib, which is the allocator's
    noise; of the rest, which is counted, by nothing. Raises ValueError for fewer than 5 samples.
    """
    fifth = len(samples) // 5
    if not fifth:
        raise ValueError("at least 5 samples are needed to see growth")
    early, late = samples[fifth : 2 * fifth], samples[-fifth:]
    said = []
    for name, slack in (
        ("rss_mib", slack_mib),
        ("files", 0.0),
        ("threads", 0.0),
        ("children", 0.0),
        ("temporary", 0.0),
        ("mounts", 0.0),
    ):
        before, after = (
            statistics.median(float(getattr(each, name)) for each in part) for part in (early, late)
        )
        if after > before + slack:
            said.append(f"{name} grew from {before:.1f} to {after:.1f}")
    return tuple(said)

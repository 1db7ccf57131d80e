# SPDX-License-Identifier: GPL-2.0-only
"""The fault matrix: `tox -e faults`, `tox -e faults -- --list`, `tox -e faults -- NAME...`.

Each case runs the product as a user does, with one thing broken, and has one exact outcome
(expected.toml). After each one nothing may be left, and the next run in the same cache is green.
The exit code is 0 if every case that can be tried here came out so.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import fnmatch
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cases_cache
import cases_disk
import cases_ended
import cases_guest
import cases_host
import cases_image
import cases_qemu
from fault_table import ACTS, Expected, Skip, mismatches, rows
from leftovers import (
    half_made,
    half_written,
    held_locks,
    mounts,
    processes,
    settled,
    temporary,
)  # fmt: skip
from product import Seen
from world import GREEN, MARK, World, enter_namespace, red, world

from orchestrator.edge.store import cache_root

MODULES = (
    cases_cache, cases_disk, cases_ended, cases_guest, cases_host, cases_image, cases_qemu,
)  # fmt: skip
TABLE = Path(__file__).with_name("expected.toml")
NEXT_S = 60.0  # for the good run afterwards
LINE = "{:<26} {:<15} {:>4} {:<7} {:>6}  {}"


def left_behind(place: World) -> list[str]:
    """What there is now and must not be."""
    return [
        *processes(f"{MARK}={place.name}"),
        *held_locks(place.cache),
        *half_made(place.changed, place.pids, cache_root()),
        *temporary(place.tmp),
    ]


def try_case(row: Expected, base: Path) -> tuple[Seen, list[str]]:
    """What came of it, and all that is wrong with that."""
    with world(row.name, base) as place:
        before = mounts()
        seen = ACTS[row.name](place)
        wrong = mismatches(row, seen)
        # What was killed cannot clean up: its processes are gone, its files with the next run.
        if place.killed:
            wrong += settled(lambda: list(processes(f"{MARK}={place.name}")))
        else:
            wrong += [*settled(lambda: left_behind(place)), *half_written(place.runs)]
        place.env.clear()
        after = place.start(*GREEN).end(NEXT_S)
        if (after.verdict, after.exit) != ("pass", 0):
            last = after.told.strip().splitlines()[-4:]
            wrong.append(f"the next run: {after.verdict} {after.exit}: {' | '.join(last)}")
        wrong += [f"after the next run: {each}" for each in settled(lambda: left_behind(place))]
        wrong += [f"mount: {point}" for point in sorted(mounts() ^ before ^ place.mounted)]
    return seen, wrong


def chosen(asked: list[str], quick: bool) -> list[Expected]:
    """The rows these names or patterns mean; all of them for no name."""
    table = rows(TABLE)
    unknown = [name for name in asked if not fnmatch.filter([row.name for row in table], name)]
    if unknown:
        sys.exit(f"faults: no case {', '.join(unknown)}; see --list")
    wanted = [row for row in table if row.quick or not quick]
    return [row for row in wanted if not asked or any(fnmatch.fnmatch(row.name, n) for n in asked)]


@contextlib.contextmanager
def turn(lock: Path | None) -> Iterator[None]:
    """This machine for ourselves, among those who agree on the file."""
    if lock is None:
        yield
        return
    with lock.open("ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def prepare(base: Path) -> None:
    """Kernel, suites and a kept machine in the user's own cache, as any run makes them."""
    for args in (red("skip"), GREEN):
        command = [sys.executable, "-m", "orchestrator", *args, "--run-dir", str(base / args[-1])]
        done = subprocess.run(command, cwd=base, capture_output=True, text=True, check=False)
        if done.returncode == 3:
            sys.exit(f"faults: there is no good run to begin with\n{done.stdout}{done.stderr}")


def show(row: Expected, seen: Seen, took_s: float, wrong: list[str]) -> None:
    print(LINE.format(row.name, seen.verdict, seen.exit, seen.fault, f"{took_s:.1f}",
                      "as it must be" if not wrong else "WRONG"), flush=True)  # fmt: skip
    for each in wrong:
        print(f"    {each}", flush=True)


def matrix(wanted: list[Expected], lock: Path | None, verbose: bool) -> int:
    """Try them all, one line each. How many came out wrong."""
    bad = skipped = 0
    began = time.monotonic()
    print(LINE.format("case", "verdict", "exit", "fault", "s", ""), flush=True)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        base = Path(folder)
        with turn(lock):
            prepare(base)
        for row in wanted:
            with turn(lock):
                start = time.monotonic()
                try:
                    seen, wrong = try_case(row, base)
                except Skip as why:
                    skipped += 1
                    print(LINE.format(row.name, "skipped", "", "", "", str(why)), flush=True)
                    continue
                except (TimeoutError, OSError, subprocess.SubprocessError) as error:
                    seen, wrong = Seen("none", -1, "-", "", 0), [f"not brought about: {error}"]
            bad += bool(wrong)
            show(row, seen, time.monotonic() - start, wrong)
            if verbose or wrong:
                print("".join(f"    | {line}\n" for line in seen.told.splitlines()), end="")
    took_s = time.monotonic() - began
    print(f"{len(wanted)} cases, {bad} wrong, {skipped} skipped, {took_s:.0f} s", flush=True)
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(prog="tox -e faults --", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases, or patterns of names")
    parser.add_argument("--list", action="store_true", help="show the table, run nothing")
    parser.add_argument("--quick", action="store_true", help="only those that CI runs, too")
    parser.add_argument("--lock", type=Path, help="a file to be locked while a case runs")
    parser.add_argument("--verbose", action="store_true", help="show what each run printed")
    asked = parser.parse_args()
    wanted = chosen(asked.names, asked.quick)
    if asked.list:
        for row in wanted:
            print(f"{row.name:<26} {row.verdict:<15} {row.exit:>4} {row.fault:<7} {row.what}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    refused = enter_namespace()
    if refused:
        print(f"faults: {refused}: no case can be tried here", file=sys.stderr)
        return 3
    return 1 if matrix(wanted, asked.lock, asked.verbose) else 0

# SPDX-License-Identifier: GPL-2.0-only
"""The disk is full, from the start or at one stage; or nothing can be written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fault_table import case
from product import Running, Seen
from slow_tree import slow_tree
from world import GREEN, World, mount, red, unmount


def fill(folder: Path, left_kib: int = 0) -> Path:
    """Take all room but so much of the file system folder is in, while others may be writing;
    what took it."""
    filler = folder / "filler"
    state = os.statvfs(folder)
    taken, piece = 0, state.f_bavail * state.f_frsize - (left_kib << 10)
    with filler.open("wb") as file:
        while piece >= state.f_frsize:
            try:
                os.posix_fallocate(file.fileno(), taken, piece)
            except OSError:  # less is left by now
                piece //= 2
                continue
            taken += piece
            piece = 0 if left_kib else piece
    return filler


def small_runs(place: World, mib: int) -> None:
    """Runs are on a file system of their own."""
    mount("-t", "tmpfs", "-o", f"size={mib}m", "faults", str(place.runs))
    place.mounted.add(str(place.runs))


def _ended(run: Running, place: World, filler: Path) -> Seen:
    """The end of a run; then there is room again."""
    seen = run.end()
    filler.unlink()
    return seen


@case("full-at-start")
def full_at_start(place: World) -> Seen:
    small_runs(place, 400)
    filler = fill(place.runs, left_kib=10 << 10)
    return _ended(place.start(*GREEN), place, filler)


@case("full-at-start-own-name")
def full_at_start_own_name(place: World) -> Seen:
    """The same, and the run directory is one the product names: none is left empty."""
    small_runs(place, 400)
    filler = fill(place.runs, left_kib=10 << 10)
    return _ended(place.start(*GREEN, name_run=False), place, filler)


@case("full-before-source")
def full_before_source(place: World) -> Seen:
    """Room for a run, none for a tree."""
    small_runs(place, 400)
    tree = slow_tree(place.own("tree"))
    filler = fill(place.own("filler"), left_kib=50 << 10)
    return _ended(place.start("boot", "--config", "numa", "--tree", str(tree)), place, filler)


@case("full-before-build")
def full_before_build(place: World) -> Seen:
    """Room for a run, none for a kernel: one more option, which no kernel in the cache has."""
    small_runs(place, 400)
    fragment = place.own("config") / "one.config"
    fragment.write_text("# for a kernel of its own\nCONFIG_LOG_BUF_SHIFT=16\n")
    filler = fill(place.own("filler"), left_kib=50 << 10)
    return _ended(place.start("boot", "--config", f"numa,{fragment}"), place, filler)


@case("full-in-build")
def full_in_build(place: World) -> Seen:
    """The build itself fills the disk: that is no broken kernel."""
    small_runs(place, 400)
    full = "dd if=/dev/zero of=build/large bs=1M || rm -f build/nothing; exit 2"
    tree = slow_tree(place.own("tree"), full)
    run = place.start("boot", "--config", "numa", "--tree", str(tree))
    return _ended(run, place, _none(place))


def _full_while(place: World, kind: str, made: str) -> Seen:
    """The disk fills up while an entry of that kind is made, and has come as far as this file."""
    small_runs(place, 400)
    shutil.rmtree(place.cache / kind)
    run = place.start(*GREEN)
    run.until(lambda: any((place.cache / kind).glob(f".*.partial/{made}")))
    return _ended(run, place, fill(place.own("filler")))


@case("full-in-module")
def full_in_module(place: World) -> Seen:
    return _full_while(place, "modules", "Kbuild")


@case("full-before-state")
def full_before_state(place: World) -> Seen:
    """No room to keep a machine: it boots without."""
    small_runs(place, 400)
    shutil.rmtree(place.cache / "states")
    filler = fill(place.own("filler"), left_kib=100 << 10)
    return _ended(place.start(*GREEN), place, filler)


@case("full-in-state")
def full_in_state(place: World) -> Seen:
    """While the memory of the machine goes there."""
    return _full_while(place, "states", "ram0")


@case("full-in-boot")
def full_in_boot(place: World) -> Seen:
    """What the guest says finds no room: its silence is no hang."""
    small_runs(place, 400)
    run = place.start("boot", "--config", "numa", "--timeout", "10")
    run.in_suite()
    return _ended(run, place, fill(place.runs))


@case("full-in-hang")
def full_in_hang(place: World) -> Seen:
    """The same with a guest that says nothing anyway: nobody can know."""
    small_runs(place, 400)
    run = place.start(*red("hang", "--timeout", "6"))
    run.in_suite()
    return _ended(run, place, fill(place.runs))


@case("full-in-saving")
def full_in_saving(place: World) -> Seen:
    """Room for all the guest says, none for the reports."""
    small_runs(place, 400)
    run = place.start(*red("hang", "--timeout", "20"))
    os.kill(run.in_suite(), 9)
    return _ended(run, place, fill(place.runs))


@case("cache-read-only")
def cache_read_only(place: World) -> Seen:
    mount("-o", "remount,ro,bind", str(place.cache))
    seen = place.start(*GREEN).end()
    mount("-o", "remount,rw,bind", str(place.cache))
    return seen


@case("runs-read-only")
def runs_read_only(place: World) -> Seen:
    mount("-t", "tmpfs", "-o", "ro", "faults", str(place.runs))
    seen = place.start(*GREEN).end()
    unmount(place.runs)
    return seen


@case("tmp-missing")
def tmp_missing(place: World) -> Seen:
    """TMPDIR names what is not there."""
    place.env["TMPDIR"] = str(place.root / "none")
    return place.start(*GREEN).end()


@case("tmp-read-only")
def tmp_read_only(place: World) -> Seen:
    """No temporary file can be made."""
    mount("-t", "tmpfs", "-o", "ro", "faults", str(place.tmp))
    shutil.rmtree(place.cache / "modules")
    seen = place.start(*GREEN).end()
    unmount(place.tmp)
    return seen


def _none(place: World) -> Path:
    """A filler that takes nothing."""
    filler = place.own("filler") / "filler"
    filler.touch()
    return filler

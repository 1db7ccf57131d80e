# SPDX-License-Identifier: GPL-2.0-only
"""Entries of the cache that are damaged, or missing a part; downloads that break."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fault_table import case
from mirror import Mirror
from product import Seen
from slow_tree import slow_tree
from world import GREEN, World

RELEASE = "7.3.4"
DEAD = 999_999_999  # no process has this number


def _keys(place: World) -> dict[str, str]:
    """The keys of the entries a good run uses."""
    run = place.start(*GREEN)
    run.end()
    return dict(run.document["keys"])


def _flip(file: Path) -> None:
    """Another byte in the middle; size and times stay what they were."""
    before = file.stat()
    file.chmod(0o600)
    with file.open("r+b") as stream:
        stream.seek(before.st_size // 2)
        byte = stream.read(1)
        stream.seek(before.st_size // 2)
        stream.write(bytes([byte[0] ^ 0x55]))
    file.chmod(before.st_mode)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _halve(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _damaged(kind: str, name: str, damage: Callable[[Path], None], place: World) -> Seen:
    keys = _keys(place)
    if kind == "states":
        (entry,) = (p for p in _used(place) if (p / name).exists())
    else:
        entry = place.cache / kind / keys[kind.removesuffix("s")]
    damage(entry / name)
    return place.start(*GREEN).end()


def _used(place: World) -> list[Path]:
    """The state that was used last."""
    states = (place.cache / "states").iterdir()
    return [max(states, key=lambda path: path.stat().st_mtime_ns)]


DAMAGES: dict[str, tuple[str, str, Callable[[Path], None]]] = {
    "state-flipped": ("states", "devices", _flip),
    "state-memory-cut": ("states", "ram1", _halve),
    "state-facts-cut": ("states", "facts.json", _halve),
    "module-flipped": ("modules", "orch_create_test.ko", _flip),
    "module-missing": ("modules", "orch_core.ko", Path.unlink),
}
for _name, (_kind, _file, _damage) in DAMAGES.items():
    case(_name)(partial(_damaged, _kind, _file, _damage))


@case("kernel-flipped")
def kernel_flipped(place: World) -> Seen:
    return _kernel(place, "src/build/vmlinux", _flip)


@case("kernel-cut")
def kernel_cut(place: World) -> Seen:
    return _kernel(place, "src/build/vmlinux", _halve)


@case("kernel-facts-cut")
def kernel_facts_cut(place: World) -> Seen:
    return _kernel(place, "kernel.json", _halve)


def _kernel(place: World, name: str, damage: Callable[[Path], None]) -> Seen:
    """Of a tree whose build takes no time: what is damaged is to be made again."""
    tree = slow_tree(place.own("tree"), "echo image > build/vmlinux; touch build/Module.symvers")
    args = ("boot", "--config", "numa", "--suite", "create", "--tree", str(tree))
    place.start(*args).end()
    (entry,) = (
        path
        for path in (place.cache / "kernels").iterdir()
        if json.loads((path / "kernel.json").read_text())["tree"] == str(tree)
    )
    damage(entry / name)
    return place.start(*args).end()


@case("probes-garbage")
def probes_garbage(place: World) -> Seen:
    """Every small answer in the cache is nonsense."""
    for file in (place.cache / "probes").iterdir():
        if file.suffix == ".json" or file.name.startswith("tsc-"):
            file.write_bytes(b"\xff{nonsense")
    return place.start(*GREEN).end()


@case("locks-left")
def locks_left(place: World) -> Seen:
    """Lock files and half entries of processes that are long dead."""
    shutil.rmtree(place.cache / "states")
    for kind in ("states", "modules", "kernels", "trees"):
        half = place.cache / kind / f".0123456789abcdef.{DEAD}.partial"
        half.mkdir(parents=True)
        (half / "file").touch()
    (place.cache / "building" / "0123456789abcdef").mkdir()
    place.pids.append(DEAD)
    return place.start(*GREEN).end()


@case("download-cut")
def download_cut(place: World) -> Seen:
    """The server hangs up in the middle, each time from the start."""
    place.env["ORCHESTRATE_KERNEL_ORG"] = Mirror(RELEASE, cut_after=100_000).base
    return place.start("boot", "--config", "numa", "--source", f"kernel.org:{RELEASE}").end()


@case("download-damaged")
def download_damaged(place: World) -> Seen:
    place.env["ORCHESTRATE_KERNEL_ORG"] = Mirror(RELEASE, damaged=True).base
    return place.start("boot", "--config", "numa", "--source", f"kernel.org:{RELEASE}").end()


@case("archive-cut")
def archive_cut(place: World) -> Seen:
    """A tarball of the user's that is not whole."""
    file = place.own("archive") / "linux-7.3.4.tar.xz"
    data = next(iter(Mirror(RELEASE).files.values()))
    file.write_bytes(data[: len(data) // 2])
    return place.start("boot", "--config", "numa", "--source", f"tarball:{file}").end()

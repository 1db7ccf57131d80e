# SPDX-License-Identifier: GPL-2.0-only
"""Stage times for the simulator, from what this machine has run.

    python tests/sim/collect.py --night DIR [--night DIR ...]

Boots are those with all suites of these nights (folders of `orchestrate nightly run`), beside which
nothing was built. Builds and sizes are those of all runs and of the store, as gzip -1 packs them
for other hosts. Writes stage_times.json here; nothing is built or booted.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sim_times import FILE, quantiles

from orchestrator.edge.night_files import ATTEMPTS, attempts
from orchestrator.edge.store import cache_root, runs_root
from orchestrator.model.night import Attempt

_KERNELS, _OBJECTS = 30, 8  # packed, of each sort
_KEPT_S = 0.3  # less than that: the booted machine was there, and only looked at


def run_documents(root: Path) -> Iterator[dict[str, Any]]:
    for file in sorted([*root.glob("*/run.json"), *root.glob("*/*/run.json")]):
        try:
            yield json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue


def stages(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {stage["stage"]: stage for stage in document.get("stages", [])}


def boots(nights: list[Path]) -> tuple[list[float], list[float]]:
    """Seconds of whole runs, two at a time: with the machine's first boot, and from a kept one."""
    first: list[float] = []
    again: list[float] = []
    for night in nights:
        rows = list(attempts(night / ATTEMPTS))
        builds_end = max((row.started_at for row in rows if row.build_s), default="")
        for row in rows:
            if row.started_at > builds_end and row.boot_s and not row.cell.suites:
                (first if _first(row) else again).append(row.wall_s)
    return first, again


def _first(row: Attempt) -> bool:
    run = json.loads((Path(row.run_dir) / "run.json").read_text(encoding="utf-8"))
    return float(stages(run).get("state", {}).get("took_s", 0)) > _KEPT_S


def builds(nights: list[Path]) -> tuple[list[float], list[float]]:
    """Seconds of builds from a relative's objects, and of the unpacking of a tree."""
    patched, unpacked = [], []
    for document in run_documents(runs_root()):
        found = stages(document)
        if "build" in found and not found["build"]["cached"] and document.get("patches"):
            patched.append(float(found["build"]["took_s"]))
        if "source" in found and found["source"]["took_s"] > 10:
            unpacked.append(float(found["source"]["took_s"]))
    return patched, unpacked


def kernels() -> tuple[list[float], list[float], list[float]]:
    """Of the store: seconds from the first object to the last where nothing was inherited, bytes
    that a boot needs, bytes of all objects of a few."""
    whole: list[float] = []
    needed: list[float] = []
    objects: list[float] = []
    module = next((cache_root() / "modules").iterdir())
    for entry in sorted((cache_root() / "kernels").iterdir()):
        try:
            about = json.loads((entry / "kernel.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        build = entry / "src" / "build"
        if not (build / "vmlinux").is_file():
            continue
        if len(needed) < _KERNELS:
            needed.append(packed_bytes([build / "vmlinux", *module.glob("*.ko")]))
        if len(objects) < _OBJECTS:
            objects.append(packed_bytes([build]))
        if not about.get("relative"):
            changed = sorted(file.lstat().st_mtime for file in build.rglob("*") if file.is_file())
            whole.append(changed[-1] - changed[0])
    return whole, needed, objects


def packed_bytes(paths: Iterable[Path]) -> float:
    """Of an archive of these."""
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
            for path in paths:
                tar.add(path, path.name)
        return float(file.tell())


def run_folders(nights: list[Path]) -> list[Path]:
    return [Path(row.run_dir) for night in nights for row in attempts(night / ATTEMPTS)]


def unpacking_s(folders: list[Path]) -> float:
    """Seconds a run's directory takes, on the mean."""
    took_s = 0.0
    for folder in folders:
        with tempfile.TemporaryDirectory() as name:
            archive = Path(name) / "archive"
            with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
                tar.add(folder, "run")
            start_s = time.process_time()
            with tarfile.open(archive, "r:gz") as tar:
                tar.extractall(name, filter="data")
            took_s += time.process_time() - start_s
    return took_s / len(folders)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--night", type=Path, action="append", required=True, metavar="DIR")
    nights: list[Path] = parser.parse_args().night
    first, again = boots(nights)
    patched, unpacked = builds(nights)
    whole, needed, objects = kernels()
    runs = run_folders(nights)
    hosts = [document["verdict"] == "infrastructure" for document in run_documents(runs_root())]
    spreads = {
        "boot_first": (first, "s", "runs of a night, two at a time, each its machine's first"),
        "boot_again": (again, "s", "runs of a night, two at a time, from kept states"),
        "build_whole": (whole, "s", "first to last object of kernels built from nothing"),
        "build_patched": (patched, "s", "builds from a relative's objects, in all runs"),
        "unpack": (unpacked, "s", "download and unpacking of a tree"),
        "boot_bytes": (needed, "bytes", "vmlinux and modules"),
        "object_bytes": (objects, "bytes", "objects of a kernel"),
        "run_bytes": ([packed_bytes([run]) for run in runs], "bytes", "a run's directory"),
    }
    old = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {"numbers": {}}
    numbers = dict(old["numbers"])
    numbers["infrastructure"] = {
        "value": sum(hosts) / len(hosts),
        "from": f"{sum(hosts)} of {len(hosts)} runs ended with this verdict",
    }
    numbers["unpack_run"] = {
        "value": round(unpacking_s(runs), 4),
        "from": "seconds of processor time for a run's directory",
    }
    tree = next((cache_root() / "trees").glob("archive-*"))
    numbers["tree_bytes"] = {"value": packed_bytes([tree]), "from": "a tree's sources"}
    found = {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "collected": datetime.date.today().isoformat(),
        "spreads": {
            name: {"unit": unit, "count": len(values), "from": where,
                   "quantiles": quantiles(values)}
            for name, (values, unit, where) in spreads.items()
        },
        "numbers": numbers,
    }  # fmt: skip
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name, (values, unit, _) in spreads.items():
        print(f"{name}: {len(values)} values, median {quantiles(values)[5]:g} {unit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

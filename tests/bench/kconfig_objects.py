# SPDX-License-Identifier: GPL-2.0-only
"""Copies of a built kernel: to ask kbuild in, and to build without an option."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from kconfig_configs import Built, parse_walk

from orchestrator.config.fragments import read_dotconfig
from orchestrator.edge import process
from orchestrator.edge.derive import derive
from orchestrator.edge.inherit import FACTS
from orchestrator.edge.kbuild import OBJ, compiler
from orchestrator.edge.store import Store, cache_root
from orchestrator.plan import make

WALK = Path(__file__).with_name("kbuild_objects.mk")
_CONFIGURE_S = 300.0
_WALK_S = 120.0
_BUILD_S = 3600.0


class KbuildFailed(Exception):
    """make did not do what it was started for."""


@dataclass(frozen=True)
class Copy:
    """src: the sources, hard-linked, with the objects in src/build, which are its own."""

    src: Path

    @property
    def obj(self) -> Path:
        return self.src / OBJ


def copied(entry: Path, work: Path) -> Copy:
    """The copy in work, made if it is not there."""
    src = work / "src"
    work.mkdir(parents=True, exist_ok=True)
    if not src.is_dir():
        partial = work / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        derive(entry / "src", partial)
        shutil.rmtree(partial / OBJ)  # links to the store's: make writes into some
        process.check(["cp", "-a", "--reflink=auto", str(entry / "src" / OBJ), str(partial / OBJ)])
        partial.rename(src)
    return Copy(src)


def configured(copy: Copy, wanted: str, name: str, known: Built | None = None) -> Built:
    """What kbuild would make of this KCONFIG_ALLCONFIG text; nothing is compiled.

    name: of the O= directory to do it in. known: taken if the options are the same. Raises
    KbuildFailed.
    """
    folder = copy.src / name
    folder.mkdir(exist_ok=True)
    # conf writes what make reads as well if there is none (main() in scripts/kconfig/conf.c), and
    # need not ask the compiler all its questions a second time.
    (folder / "include/config/auto.conf").unlink(missing_ok=True)
    _allnoconfig(copy, name, wanted)
    options = read_dotconfig((folder / ".config").read_text())
    if known and known.options == options:
        return known
    argv = ("make", "-rR", "--no-print-directory", "-f", str(WALK), f"walk={WALK}",
            "ARCH=x86_64", f"CC={compiler()}", "existing-targets=", "obj-dirs=",
            "orchestrate-objects")  # fmt: skip
    output = _made(argv, _WALK_S, cwd=folder)
    try:
        objects, flags = parse_walk(output)
    except ValueError as error:
        raise KbuildFailed(f"{error}: {output[-500:]}") from error
    return Built(options, objects, flags)


def linked_objects(obj: Path) -> frozenset[str]:
    """What vmlinux was linked from: the members of its thin archive, lib.a apart."""
    return frozenset(process.check(["ar", "t", "vmlinux.a"], cwd=obj).splitlines())


def _allnoconfig(copy: Copy, obj_name: str, wanted: str) -> None:
    asked = copy.src / obj_name / "asked.config"
    asked.write_text(wanted)
    argv = make.kernel_argv(str(copy.src), obj_name, 1, compiler(), ("allnoconfig",))
    _made(argv, _CONFIGURE_S, env={"KCONFIG_ALLCONFIG": str(asked)})


def really_built(entry: Path, wanted: str, jobs: int, image: Path) -> None:
    """Build a copy of the kernel `entry` with this KCONFIG_ALLCONFIG text; its vmlinux → image.

    Where the store's was built, or make would make every object again (edge/kernel.py). Raises
    KbuildFailed.
    """
    facts = json.loads((entry / FACTS).read_text())
    store = Store(cache_root())
    with store.lock(f"building/{facts['built_at']}", lambda _: None):
        place = store.folder("building") / facts["built_at"]
        shutil.rmtree(place, ignore_errors=True)  # left by one that was killed, as there
        try:
            there = copied(entry, place)
            _allnoconfig(there, OBJ, wanted)
            argv = make.kernel_argv(str(there.src), OBJ, jobs, compiler(), ("vmlinux",))
            _made(argv, _BUILD_S)
            shutil.copyfile(there.obj / "vmlinux", image)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _made(
    argv: tuple[str, ...],
    timeout_s: float,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> str:
    done = process.run(argv, cwd=cwd, env={**make.STABLE_ENV, **(env or {})}, timeout_s=timeout_s)
    if done.returncode != 0:
        said = "\n".join(make.first_errors(done.output.splitlines())) or done.output[-500:]
        raise KbuildFailed(f"make ended with {done.returncode}: {said}")
    return done.output

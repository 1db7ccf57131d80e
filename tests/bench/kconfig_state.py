# SPDX-License-Identifier: GPL-2.0-only
"""What was measured of the options so far, kept in a file: what was ended goes on there."""

from __future__ import annotations

import functools
import os
import queue
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
from kconfig_attribution import Size, medians
from kconfig_configs import Built, Without, effect, other_way
from kconfig_measures import booted, compile_seconds, initcall_boot, size
from kconfig_objects import KbuildFailed, configured, copied, linked_objects, really_built

from orchestrator.config.fragments import allconfig
from orchestrator.edge.kbuild import OBJ
from orchestrator.model.job import KernelConfig, Option

BOOTS = 3
JOBS = os.cpu_count() or 1
In = TypeVar("In")
Out = TypeVar("Out")


@dataclass
class State:
    """What was measured so far. kernel: of the store; asked: the configuration's text; boots:
    function → milliseconds, of each; controls: option → vmlinux without it."""

    kernel: str = ""
    asked: str = ""
    base: Built | None = None
    without: dict[str, Without] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    boots: list[dict[str, float]] = field(default_factory=list)
    controls: dict[str, Size] = field(default_factory=dict)


def kept(file: Path, fresh: State) -> State:
    """What the file holds, if it is about the same kernel and options; else fresh."""
    if not file.exists():
        return fresh
    found = msgspec.json.decode(file.read_bytes(), type=State)
    same = (found.kernel, found.asked) == (fresh.kernel, fresh.asked)
    return found if same else fresh


class Measuring:
    """The measurements, one after the other, each kept as soon as it is made."""

    def __init__(self, config: KernelConfig, work: Path, run_dir: Path) -> None:
        self.config, self.work, self.run_dir = config, work, run_dir
        work.mkdir(parents=True, exist_ok=True)
        self.entry = booted(run_dir)
        fresh = State(self.entry.name, allconfig(config))
        self.state = kept(work / "state.json", fresh)
        if self.state is fresh:
            shutil.rmtree(work / "src", ignore_errors=True)
        self.copy = copied(self.entry, work)

    def _keep(self) -> None:
        partial = self.work / "state.partial"
        partial.write_bytes(msgspec.json.encode(self.state))
        partial.replace(self.work / "state.json")

    def base(self) -> Built:
        """What the whole configuration makes. KbuildFailed if that is not what was built."""
        if self.state.base is None:
            self.state.base = configured(self.copy, self.state.asked, "ask")
            self._keep()
        listed, linked = self.state.base.objects, linked_objects(self.obj)
        wrong = [each for each in listed if not (self.obj / each).exists()] + [*linked - listed]
        if wrong:
            raise KbuildFailed(f"its lists and what was built differ: {wrong[0]}")
        return self.state.base

    def without(self, options: Sequence[Option]) -> list[Without]:
        """Of each option, in their order; some at a time, each in an O= directory of its own."""
        base, found = self.base(), self.state.without
        folders: queue.SimpleQueue[str] = queue.SimpleQueue()
        for number in range(JOBS):
            folders.put(f"ask{number}")

        def ask(option: Option) -> Without:
            folder = folders.get()
            try:
                other = configured(self.copy, other_way(self.config, option), folder, base)
            finally:
                folders.put(folder)
            return effect(self.config, option, base, other)

        missing = {option.name: option for option in options if option.name not in found}
        self._in_parallel(missing, ask, found)
        return [found[option.name] for option in options]

    def compile(self, paths: Iterable[str]) -> None:
        """So that their seconds are in the state."""
        missing = {path: path for path in paths if path not in self.state.seconds}
        seconds = functools.partial(compile_seconds, self.copy.obj)
        self._in_parallel(missing, seconds, self.state.seconds)

    def _in_parallel(
        self, asked: Mapping[str, In], measure: Callable[[In], Out], found: dict[str, Out]
    ) -> None:
        """found[name] = measure(asked[name]) for all names, each kept when it is known."""
        with ThreadPoolExecutor(JOBS) as pool:
            futures = {pool.submit(measure, each): name for name, each in asked.items()}
            try:
                for number, future in enumerate(as_completed(futures), start=1):
                    found[futures[future]] = future.result()
                    self._keep()
                    said = f"{number} of {len(futures)}: {futures[future]}"
                    print(said, file=sys.stderr, flush=True)
            finally:
                pool.shutdown(cancel_futures=True)

    def boot_ms(self) -> dict[str, float]:
        while len(self.state.boots) < BOOTS:
            number = len(self.state.boots)
            self.state.boots.append(initcall_boot(self.run_dir, number))
            self._keep()
        return medians(self.state.boots)

    def control(self, option: Option) -> Size:
        """How much smaller vmlinux is without it."""
        if option.name not in self.state.controls:
            wanted = other_way(self.config, option)
            image = self.work / "vmlinux"
            really_built(self.entry, wanted, JOBS, image)
            self.state.controls[option.name] = size(image)
            self._keep()
        whole, without = size(self.vmlinux), self.state.controls[option.name]
        return Size(whole.data - without.data, whole.bss - without.bss)

    @property
    def obj(self) -> Path:
        """The objects as they are in the store, to be looked at only."""
        return self.entry / "src" / OBJ

    @property
    def vmlinux(self) -> Path:
        return self.obj / "vmlinux"

# SPDX-License-Identifier: GPL-2.0-only
"""What was measured of the options so far, kept in a file: what was ended goes on there."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from option_attribution import Size, medians
from option_configs import Built, Without, effect, other_way
from option_measures import booted, compile_seconds, initcall_boot, size
from option_objects import KbuildFailed, configured, copied, linked_objects, really_built

from orchestrator.config.fragments import allconfig
from orchestrator.edge.kbuild import OBJ
from orchestrator.model.job import KernelConfig, Option

BOOTS = 3


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
            self.state.base = configured(self.copy, self.state.asked)
            self._keep()
        listed, linked = self.state.base.objects, linked_objects(self.obj)
        wrong = [each for each in listed if not (self.obj / each).exists()] + [*linked - listed]
        if wrong:
            raise KbuildFailed(f"its lists and what was built differ: {wrong[0]}")
        return self.state.base

    def without(self, option: Option) -> Without:
        if option.name not in self.state.without:
            base = self.base()
            other = configured(self.copy, other_way(self.config, option), base)
            self.state.without[option.name] = effect(self.config, option, base, other)
            self._keep()
        return self.state.without[option.name]

    def seconds(self, path: str) -> float:
        if path not in self.state.seconds:
            self.state.seconds[path] = compile_seconds(self.copy.obj, path)
            self._keep()
        return self.state.seconds[path]

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
            really_built(self.entry, wanted, os.cpu_count() or 1, image)
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

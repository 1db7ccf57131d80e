# SPDX-License-Identifier: GPL-2.0-only
"""All machines of one test: as many as it boots, each judged once, at the latest at its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from orchestrator.model.topology import Topology
from orchestrator.testing.kernels import Kernel
from orchestrator.testing.machine import Machine
from orchestrator.testing.slots import Slots
from orchestrator.testing.told import GuestGone, NotGreen


@dataclass
class Machines:
    """name: of the test. keep: run directories stay, also green ones."""

    kernel: Kernel
    slots: Slots
    name: str
    keep: bool
    _all: list[Machine] = field(default_factory=list)

    def boot(self, topology: Topology) -> Machine:
        """One more, listening. GuestGone or NotGreen if it never does.

        The first one waits until the host has room; for a further one the test would wait for
        itself, so that it takes what is free and else does without.
        """
        job = replace(self.kernel.job, topology=topology)
        machine = Machine(job, self.kernel.ready, self.slots, waits=not self._all)
        try:
            machine.start(self.name)
        except GuestGone as error:
            self._all.append(machine)
            machine.finish(keep=True)  # which says why
            raise error
        except BaseException:
            machine.kill()
            raise
        self._all.append(machine)
        return machine

    def finish(self, keep: bool = False) -> str:
        """All that run power off and are judged. What is wrong, "" if nothing is."""
        said = []
        for machine in self._all:
            try:
                machine.finish(keep or self.keep)
            except NotGreen as verdict:
                said.append(str(verdict))
        return "\n".join(said)

    def logs(self, lines: int) -> str:
        """The last lines of the kernel's log, machine by machine."""
        ends = [f"{m.topology.name}:\n" if len(self._all) > 1 else "" for m in self._all]
        texts = ["\n".join(machine.log()[-lines:]) for machine in self._all]
        return "\n".join(end + text for end, text in zip(ends, texts, strict=True))

    def folders(self) -> str:
        """Their run directories, one a line."""
        return "\n".join(str(machine.run_dir) for machine in self._all)

    def kill(self) -> None:
        """What still runs ends now."""
        for machine in self._all:
            machine.kill()

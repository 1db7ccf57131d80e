# SPDX-License-Identifier: GPL-2.0-only
"""Parts that come to a running machine and go, when its guest asks (rootfs/plug.sh), over QMP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from qemu.qmp import QMPClient
from qemu.qmp.error import QMPError
from qemu.qmp.qmp_client import ExecuteError

from orchestrator.model.errors import InfrastructureError
from orchestrator.model.topology import Topology
from orchestrator.plan.plugging import commands, cpu_arguments

ANSWER_S = 30.0  # for all that one part takes


class Plugger:
    """Of one machine. done: how many of the topology's plugs QEMU has been told."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._cpus: dict[int, dict[str, Any]] | None = None
        self.done = 0

    async def follow(self, qmp: QMPClient, asked: Sequence[int]) -> None:
        """Tell QEMU what was asked for since the last call. Raises InfrastructureError if it
        refuses; whether the guest sees the part is the guest's to say."""
        while self.done < len(asked):
            at = asked[self.done]
            self.done += 1
            what = f"QEMU does not plug {self._topology.plugs[at]}"
            try:
                await asyncio.wait_for(self._tell(qmp, at), ANSWER_S)
            except ExecuteError as error:
                hint = "is the topology one that it can have?"
                raise InfrastructureError(f"{what}: {error}", hint) from error
            except TimeoutError as error:
                raise InfrastructureError(f"{what}: no answer for {ANSWER_S:.0f} s") from error
            except QMPError:
                return  # it is gone; how it ended is told elsewhere

    async def _tell(self, qmp: QMPClient, at: int) -> None:
        for command in commands(self._topology, at, await self._cpu_arguments(qmp)):
            await qmp.execute(command.name, dict(command.arguments))

    async def _cpu_arguments(self, qmp: QMPClient) -> dict[int, dict[str, Any]]:
        if self._cpus is None:
            told = await qmp.execute("query-hotpluggable-cpus")
            self._cpus = cpu_arguments(cast(list[dict[str, Any]], told))
        return self._cpus

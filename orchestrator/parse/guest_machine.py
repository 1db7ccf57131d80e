# SPDX-License-Identifier: GPL-2.0-only
"""Init's words on the machine: nodes, HMAT, parts that come and go (rootfs/view.sh, plug.sh)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from msgspec.structs import replace

from orchestrator.model.guest_machine import (
    GuestAccess,
    GuestCache,
    GuestHmat,
    GuestPlug,
    HmatTable,
    PlugState,
)
from orchestrator.model.topology import GuestNode
from orchestrator.parse.hmat_table import read_table

_NUMBER = r"(-|\d{1,15})"
_ACCESS = re.compile(
    rf"(\d{{1,4}}) initiators (-|\d{{1,4}}(?:,\d{{1,4}})*) read_latency {_NUMBER} "
    rf"write_latency {_NUMBER} read_bandwidth {_NUMBER} write_bandwidth {_NUMBER}"
)
_CACHE = re.compile(
    rf"(\d{{1,4}}) level (\d{{1,2}}) size {_NUMBER} line_size {_NUMBER} "
    rf"indexing {_NUMBER} write_policy {_NUMBER}"
)
_PLUG = re.compile(r"(\d{1,3}) (\d{1,9}(?:\.\d{1,9})?)")
_PLUGGED = re.compile(r"(\d{1,3}) (\d{1,9}(?:\.\d{1,9})?) (seen|lost|down)")
_MOST_BASE64 = 1 << 20


class MachineReader:
    """Feeds on the rest of lines, by their first word; each tells whether it was understood."""

    def __init__(self) -> None:
        self._nodes: list[GuestNode] = []
        self._accesses: list[GuestAccess] = []
        self._caches: list[GuestCache] = []
        self._firmware: HmatTable | None = None
        self._plugs: list[GuestPlug] = []
        self.words: dict[str, Callable[[str], bool]] = {
            "access": self._access,
            "side-cache": self._cache,
            "hmat": self._table,
            "plug": self._plug,
            "plugged": self._plugged,
        }

    def node(self, node: GuestNode) -> None:
        """As the machine boots, or after the part that came or went last."""
        if self._plugs:
            last = self._plugs[-1]
            self._plugs[-1] = replace(last, nodes=_by_id([*last.nodes, node]))
        else:
            self._nodes.append(node)

    @property
    def at_boot(self) -> tuple[GuestNode, ...]:
        return _by_id(self._nodes)

    @property
    def hmat(self) -> GuestHmat:
        return GuestHmat(tuple(self._accesses), tuple(self._caches), self._firmware)

    @property
    def plugs(self) -> tuple[GuestPlug, ...]:
        return tuple(self._plugs)

    def _access(self, rest: str) -> bool:
        match = _ACCESS.fullmatch(rest)
        if match:
            nodes = () if match[2] == "-" else tuple(map(int, match[2].split(",")))
            times, speeds = (match[3], match[4]), (match[5], match[6])
            self._accesses.append(GuestAccess(int(match[1]), nodes, times, speeds))
        return match is not None

    def _cache(self, rest: str) -> bool:
        match = _CACHE.fullmatch(rest)
        if match:
            self._caches.append(GuestCache(*(-1 if n == "-" else int(n) for n in match.groups())))
        return match is not None

    def _table(self, rest: str) -> bool:
        if len(rest) > _MOST_BASE64:
            return False
        try:
            self._firmware = read_table(base64.b64decode(rest, validate=True))
        except (binascii.Error, ValueError):
            return False
        return True

    def _plug(self, rest: str) -> bool:
        match = _PLUG.fullmatch(rest)
        if match:
            self._plugs.append(GuestPlug(int(match[1]), PlugState.ASKED, float(match[2])))
        return match is not None

    def _plugged(self, rest: str) -> bool:
        match = _PLUGGED.fullmatch(rest)
        last = self._plugs[-1] if self._plugs else None
        if not match or not last or last.done_s is not None or last.number != int(match[1]):
            return False
        done = replace(last, state=PlugState(match[3]), done_s=float(match[2]))
        self._plugs[-1] = done
        return True


def _by_id(nodes: list[GuestNode]) -> tuple[GuestNode, ...]:
    """The shell's glob has node10 before node2."""
    return tuple(sorted(nodes, key=lambda node: node.id))

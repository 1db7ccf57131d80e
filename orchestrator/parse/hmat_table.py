# SPDX-License-Identifier: GPL-2.0-only
"""The firmware's HMAT, as bytes (ACPI 6.3, section 5.2.27): latency and bandwidth of each pair, and
caches before memory."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec.structs import replace

from orchestrator.model.guest_machine import HmatTable, TablePair

_HEADER = 40  # of the table; then structures, each with its type and length first
_LOCALITY = 1
_LOCALITY_HEADER = 32
_CACHE = 2
_CACHE_SIZE = 32
_MEMORY = 0  # hierarchy: the memory itself, no cache before it
_ACCESS_LATENCY, _ACCESS_BANDWIDTH = 0, 3  # data types
_PS_PER_NS = 1000
_UNREACHABLE = 0xFFFF
_MAX_DOMAINS = 1024


def read_table(table: bytes) -> HmatTable | None:
    """None if it is no such table: another signature, revision 1, or lengths that do not add up."""
    if len(table) < _HEADER or table[:4] != b"HMAT" or table[8] != 2:
        return None
    (length,) = struct.unpack_from("<I", table, 4)
    if length != len(table):
        return None
    pairs: dict[tuple[int, int], TablePair] = {}
    caches: list[tuple[int, int, int]] = []
    at = _HEADER
    while at + 8 <= length:
        kind, size = struct.unpack_from("<HxxI", table, at)
        if size < 8 or at + size > length:
            return None
        part = table[at : at + size]
        if kind == _LOCALITY and not _read(part, pairs):
            return None
        if kind == _CACHE:
            if size < _CACHE_SIZE:
                return None
            node, cache_bytes, attributes = struct.unpack_from("<I4xQI", part, 8)
            caches.append((node, attributes >> 4 & 0xF, cache_bytes))
        at += size
    whole = at == length
    return HmatTable(tuple(pairs[key] for key in sorted(pairs)), tuple(caches)) if whole else None


def _read(part: bytes, pairs: dict[tuple[int, int], TablePair]) -> bool:
    """One structure's numbers, into pairs; False: it is cut short."""
    if len(part) < _LOCALITY_HEADER:
        return False
    flags, kind = part[8], part[9]
    initiators, targets = struct.unpack_from("<II", part, 12)
    (base,) = struct.unpack_from("<Q", part, 24)
    if max(initiators, targets) > _MAX_DOMAINS:
        return False
    size = _LOCALITY_HEADER + 4 * (initiators + targets) + 2 * initiators * targets
    if len(part) < size:
        return False
    if flags & 0xF != _MEMORY or kind not in (_ACCESS_LATENCY, _ACCESS_BANDWIDTH):
        return True
    names = struct.unpack_from(f"<{initiators + targets}I", part, _LOCALITY_HEADER)
    start = _LOCALITY_HEADER + 4 * len(names)
    entries = struct.unpack_from(f"<{initiators * targets}H", part, start)
    for key, entry in _placed(names[:initiators], names[initiators:], entries):
        pair = pairs.get(key, TablePair(*key))
        if kind == _ACCESS_LATENCY:
            pairs[key] = replace(pair, latency_ns=entry * base / _PS_PER_NS)
        else:
            pairs[key] = replace(pair, bandwidth_mib=entry * base)
    return True


def _placed(
    initiators: tuple[int, ...], targets: tuple[int, ...], entries: tuple[int, ...]
) -> Iterator[tuple[tuple[int, int], int]]:
    """Those that say something."""
    keys = ((a, b) for a in initiators for b in targets)
    return (
        (key, entry)
        for key, entry in zip(keys, entries, strict=True)
        if entry not in (0, _UNREACHABLE)
    )

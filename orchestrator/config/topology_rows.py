# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the tables that a topology's file has besides its nodes, checked as TOML."""

from __future__ import annotations

from typing import Any

from orchestrator.config.toml_where import Where

KEYS = {
    "access": {"from", "to", "latency_ns", "bandwidth_mib"},
    "side_cache": {"node", "level", "size_kib", "line_bytes", "associativity", "policy"},
    "plug": {"when", "node", "cpu", "mem_mib", "away", "movable"},
}
TABLES = tuple(KEYS)


def rows_of(where: Where, table: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise where.error(name, f"{name} is not a [[{name}]] table", f"write [[{name}]]")
    known = KEYS[name]
    for at, row in enumerate(rows):
        for key in row.keys() - known:
            hint = f"known keys: {', '.join(sorted(known))}"
            raise where.error(key, f"unknown key {key!r} in {name} {at}", hint, at, name)
    return rows


def number(
    where: Where, name: str, at: int, row: dict[str, Any], key: str, low: int, high: int
) -> int:
    value = row.get(key)
    if type(value) is not int or not low <= value <= high:
        hint = f"a number from {low} to {high}"
        raise where.error(key, f"{name} {at}: {key} is {value!r}", hint, at, name)
    return value


def word(
    where: Where, name: str, at: int, row: dict[str, Any], key: str, words: tuple[str, ...],
    default: str,
) -> str:  # fmt: skip
    value = row.get(key, default)
    if value not in words:
        hint = f"one of {', '.join(words)}"
        raise where.error(key, f"{name} {at}: {key} is {value!r}", hint, at, name)
    return str(value)


def flag(where: Where, name: str, at: int, row: dict[str, Any], key: str) -> bool:
    value = row.get(key, False)
    if not isinstance(value, bool):
        raise where.error(key, f"{name} {at}: {key} is {value!r}", "true or false", at, name)
    return value

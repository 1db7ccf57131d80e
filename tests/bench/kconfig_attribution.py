# SPDX-License-Identifier: GPL-2.0-only
"""What objects cost, summed up for the option that brings them. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kconfig_configs import Kind, Without

EVERYWHERE = 0.9  # of all objects compiled otherwise: no single one can be told apart

# "initcall NAME+0x0/0xSIZE returned 0 after N usecs": do_trace_initcall_finish_cb(), init/main.c.
_RETURNED = re.compile(r"initcall (\w+)\+\S+ returned -?\d+ after (\d+) usecs")
# __initcall_id() and __initcall_name() in include/linux/init.h: module, counter, line, name, level.
_INITCALL = re.compile(r"__initcall__kmod_.+?__\d+_\d+_(\w+?)(?:early|rootfs|con|[0-7]s?)")
# if_changed_dep's list of what a compiled file asked for (scripts/basic/fixdep.c).
_ASKED = re.compile(r"\$\(wildcard include/config/(\w+)\)")


@dataclass(frozen=True)
class Size:
    """Bytes of an object or image that are loaded. data: text and data; bss: zeroed at boot."""

    data: int
    bss: int

    def __add__(self, other: Size) -> Size:
        return Size(self.data + other.data, self.bss + other.bss)


@dataclass(frozen=True)
class Measures:
    """Of the built kernel, by object. seconds: of CPU, to compile it; boot_ms: of its initcalls;
    asks: the options its sources and headers mention; any may lack an object."""

    sizes: Mapping[str, Size]
    seconds: Mapping[str, float]
    boot_ms: Mapping[str, float]
    asks: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Cost:
    """Of one option. otherwise: objects that stay, but mention an option that changes;
    everywhere: these are nearly all, or the compiler's flags change."""

    without: Without
    seconds: float
    size: Size
    boot_ms: float
    otherwise: int
    everywhere: bool


def cost(without: Without, measures: Measures) -> Cost:
    """What goes if the option does. KeyError for an object nobody compiled."""
    gone = without.gone
    names = frozenset(each.removeprefix("CONFIG_") for each in without.changed)
    stay = measures.asks.keys() - set(gone)
    otherwise = sum(1 for each in stay if measures.asks[each] & names)
    kept = without.kind in (Kind.STAYS, Kind.ABSENT)
    return Cost(
        without,
        sum(measures.seconds[each] for each in gone),
        sum((measures.sizes[each] for each in gone), Size(0, 0)),
        sum(measures.boot_ms.get(each, 0.0) for each in gone),
        0 if kept else otherwise,
        not kept and (without.flags or otherwise >= EVERYWHERE * len(stay)),
    )


def initcalls(log: str) -> dict[str, float]:
    """Function → milliseconds, from the log of a boot with initcall_debug."""
    took: dict[str, float] = {}
    for name, micros in _RETURNED.findall(log):
        took[name] = took.get(name, 0.0) + int(micros) / 1000
    return took


def medians(boots: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of several boots; what one of them lacks is left out."""
    names = set.intersection(*(set(boot) for boot in boots)) if boots else set()
    return {name: statistics.median(boot[name] for boot in boots) for name in sorted(names)}


def initcalls_of(symbols: Iterable[str]) -> frozenset[str]:
    """The functions an object has called at boot, by its symbols."""
    matches = map(_INITCALL.fullmatch, symbols)
    return frozenset(match[1] for match in matches if match)


def by_object(
    took: Mapping[str, float], owners: Mapping[str, frozenset[str]]
) -> tuple[dict[str, float], dict[str, float]]:
    """(object → milliseconds, function → milliseconds of what is no single object's).

    owners: object → the functions it has called at boot.
    """
    holders: dict[str, list[str]] = {}
    for path, names in owners.items():
        for name in names:
            holders.setdefault(name, []).append(path)
    found: dict[str, float] = {}
    left: dict[str, float] = {}
    for name, each_ms in took.items():
        match holders.get(name, []):
            case [path]:
                found[path] = found.get(path, 0.0) + each_ms
            case _:
                left[name] = each_ms
    return found, left


def asked_in(saved: str) -> frozenset[str]:
    """The options, without CONFIG_, that kbuild's saved command lists as asked for."""
    return frozenset(_ASKED.findall(saved))


def command_in(saved: str) -> str:
    """The shell command that made an object. ValueError if the text has none."""
    head, found, command = saved.partition("\n")[0].partition(" := ")
    if not found or not head.startswith("savedcmd_"):
        raise ValueError("no saved command")
    return command.strip()

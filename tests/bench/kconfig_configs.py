# SPDX-License-Identifier: GPL-2.0-only
"""A configuration with one option the other way, and what that does to it and its objects. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.config.fragments import allconfig
from orchestrator.model.job import KernelConfig, Option


class Kind(enum.Enum):
    """What became of an option that was asked for the other way."""

    OFF = "off"
    BROUGHT = "brought"  # one that is asked to be off, and came
    DEFAULT = "default"  # a number, which became Kconfig's own
    STAYS = "stays"  # others that are on keep it, or the architecture does
    ABSENT = "absent"  # this tree does not have it, or cannot


@dataclass(frozen=True)
class Built:
    """What a configuration makes. options: .config's names and values, without those that are
    off; objects: what is linked into vmlinux, paths from the O= directory; flags: the compiler's,
    for all objects."""

    options: Mapping[str, str]
    objects: frozenset[str]
    flags: str


@dataclass(frozen=True)
class Without:
    """One option the other way. changed: all options whose value differs, itself included; also:
    those of them that are asked for, too, and are lost with it; gone, came: objects; flags: do
    the compiler's differ?"""

    option: str
    kind: Kind
    changed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    came: tuple[str, ...] = ()
    flags: bool = False


def other_way(config: KernelConfig, option: Option) -> str:
    """What KCONFIG_ALLCONFIG takes: all that is asked for, and this one the other way.

    A number is not asked for at all, so that Kconfig's default counts.
    """
    rest = KernelConfig(config.names, tuple(each for each in config.options if each != option))
    flipped = {"y": "n", "n": "y"}.get(option.value)
    return allconfig(rest) + (f"{option.name}={flipped}\n" if flipped else "")


def absent(config: KernelConfig, base: Built) -> tuple[Option, ...]:
    """Options that are not what was asked for even with all of them."""
    return tuple(each for each in config.options if base.options.get(each.name, "n") != each.value)


def effect(config: KernelConfig, option: Option, base: Built, other: Built) -> Without:
    """What the other way does. other: what other_way() makes."""
    names = base.options.keys() | other.options.keys()
    changed = sorted(each for each in names if base.options.get(each) != other.options.get(each))
    if option in absent(config, base):
        return Without(option.name, Kind.ABSENT)
    if option.name not in changed:
        return Without(option.name, Kind.STAYS, tuple(changed))
    kind = {"y": Kind.OFF, "n": Kind.BROUGHT}.get(option.value, Kind.DEFAULT)
    return Without(
        option.name,
        kind,
        tuple(changed),
        _lost_with(config.options, option, other.options),
        tuple(sorted(base.objects - other.objects)),
        tuple(sorted(other.objects - base.objects)),
        base.flags.split() != other.flags.split(),
    )


def _lost_with(asked: Sequence[Option], option: Option, got: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        each.name
        for each in asked
        if each != option and not each.optional and got.get(each.name, "n") != each.value
    )


def parse_walk(text: str) -> tuple[frozenset[str], str]:
    """(objects, flags) of what kbuild_objects.mk printed. ValueError if it did not get to its end.

    Words of make about itself are in between.
    """
    objects: set[str] = set()
    flags = None
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "object":
            objects.add(rest.strip().removeprefix("./"))
        elif word == "flags":
            flags = rest.strip()
    if flags is None or not objects:
        raise ValueError("kbuild's lists were not read to their end")
    return frozenset(objects), flags

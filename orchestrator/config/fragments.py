# SPDX-License-Identifier: GPL-2.0-only
"""Kconfig fragments: reading them, combining them, comparing what was asked with what was got.

A fragment is a file of CONFIG_X=value lines in the form scripts/kconfig/merge_config.sh
takes. A comment above an option is its reason; one that starts "[optional]" marks the next
option as one that some trees lack. One that starts with an architecture, "[arm64]", is about the
options right below it, up to the next comment or empty line: they are asked for there alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from orchestrator.config.assets import asset_dir
from orchestrator.config.nearest import unknown
from orchestrator.model import arch as arches
from orchestrator.model.errors import UsageError
from orchestrator.model.job import KernelConfig, Option
from orchestrator.model.toolchain import GCC, Toolchain
from orchestrator.model.topology import Topology

BASE = "base"

_SET = re.compile(r"(?P<name>CONFIG_\w+)=(?P<value>\"[^\"]*\"|[^\s#]+)\s*$")
_UNSET = re.compile(r"# (?P<name>CONFIG_\w+) is not set\s*$")
_MARKS = re.compile(r"# ((?:\[\w+\] ?)+)")


def shipped() -> dict[str, Path]:
    """Name → file of every fragment in kernel-configs/."""
    return {path.stem: path for path in sorted(asset_dir("kernel-configs").glob("*.config"))}


def purpose(path: Path) -> str:
    """The first comment of a fragment: what it is for, one line."""
    words: list[str] = []
    for line in path.read_text().splitlines():
        text = line.removeprefix("#").strip()
        if line.startswith("# SPDX") or (not words and not text):
            continue
        if not line.startswith("#") or not text:
            break
        words.append(text)
        if "." in text:
            break
    return " ".join(words).split(". ")[0].rstrip(".")


def read_fragment(path: Path, text: str, arch: str = arches.DEFAULT) -> tuple[Option, ...]:
    """The options of one fragment for an architecture. UsageError names file and line of what it
    cannot read."""
    options: list[Option] = []
    marks = _Marks()
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _SET.match(line) or _UNSET.match(line):
            value = match.groupdict().get("value", "n")
            if marks.meant_for(arch):
                found = Option(match["name"], value, str(path), number, marks.optional)
                options.append(found)
            marks.option()
        elif line.strip() and not line.startswith("#"):
            raise UsageError(
                f"{path}:{number}: not a Kconfig line: {line.strip()[:60]!r}",
                "write CONFIG_NAME=value, or # CONFIG_NAME is not set",
            )
        else:
            marks.comment(line)
    return tuple(options)


def without_marks(line: str) -> str:
    """A comment of a fragment, as people read it."""
    return _MARKS.sub("# ", line, count=1)


class _Marks:
    """What comments say of the options below them."""

    def __init__(self) -> None:
        self.optional = False
        self._only: set[str] = set()
        self._over = False  # the next comment is about other options

    def comment(self, line: str) -> None:
        if self._over or not line.strip():
            self._only.clear()
        self._over = False
        match = _MARKS.match(line)
        said = set(re.findall(r"\w+", match[1])) if match else set()
        self.optional = self.optional or "optional" in said
        self._only |= said.intersection(arches.ARCHES)

    def option(self) -> None:
        self.optional, self._over = False, True

    def meant_for(self, arch: str) -> bool:
        return not self._only or arch in self._only


def combine(spec: str, toolchain: Toolchain = GCC) -> KernelConfig:
    """`numa,kasan` or `numa,./my.config` → the base fragment and these, in order, for a kernel that
    this toolchain builds.

    The same option may be asked for twice with one value; two values are a UsageError that
    names both places, except that a later fragment may override the base.
    """
    known = shipped()
    names = fragments_of(spec)
    if not names:
        raise UsageError("--config names no fragment", f"there are: {', '.join(known)}")
    merged: dict[str, Option] = {}
    for path in files(spec):
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read the fragment {path}: {error}") from error
        for option in read_fragment(path, text, toolchain.arch.name):
            merged[option.name] = _joined(merged.get(option.name), option, known[BASE])
    labels = tuple(Path(name).stem for name in names)
    return KernelConfig(labels, tuple(merged.values()), toolchain.llvm, toolchain.arch.name)


def with_named(spec: str, names: Iterable[str]) -> str:
    """spec, with these fragments that it does not name."""
    named = fragments_of(spec)
    return ",".join((*named, *(name for name in names if name not in named)))


def combine_for(spec: str, topology: Topology, toolchain: Toolchain = GCC) -> KernelConfig:
    """combine(), with what a kernel needs to see this machine. UsageError as there, and as
    check_sees()."""
    config = combine(with_named(spec, topology.fragments), toolchain)
    check_sees(config, topology)
    return config


def check_sees(config: KernelConfig, topology: Topology) -> None:
    """UsageError if a kernel of this configuration would not see all of the machine."""
    arch = arches.named(config.arch)
    if topology.fragments and not arch.acpi:
        raise UsageError(
            f"topology {topology.name} needs ACPI, which {arch.name} guests are without",
            f"HMAT and parts that come later: --arch {arches.DEFAULT}",
        )
    on = {option.name for option in config.options if option.value == "y"}
    for name in ("numa", *topology.fragments) if topology.fragments else ():
        path = shipped()[name]
        needed = read_fragment(path, path.read_text(), config.arch)
        lacking = [one.name for one in needed if one.value == "y" and one.name not in on]
        if lacking:
            raise UsageError(
                f"topology {topology.name} needs {lacking[0]}, which {config.label} is without",
                f"add the fragment {name}: --config {config.label.replace('+', ',')},{name}",
            )


def files(spec: str) -> tuple[Path, ...]:
    """The files of the fragments that combine(spec) reads, in order. UsageError as there."""
    known = shipped()
    return tuple(_find(name, known) for name in dict.fromkeys((BASE, *fragments_of(spec))))


def fragments_of(spec: str) -> tuple[str, ...]:
    """What --config names, each once."""
    return tuple(dict.fromkeys(name.strip() for name in spec.split(",") if name.strip()))


def _find(name: str, known: dict[str, Path]) -> Path:
    if name in known:
        return known[name]
    if "/" in name or name.endswith(".config"):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"no fragment file {name}", "give a file, or a name from list")
        return path
    raise unknown("configuration", name, known)


def _joined(before: Option | None, option: Option, base: Path) -> Option:
    if before is None or before.value == option.value:
        return replace(option, optional=option.optional and (before is None or before.optional))
    if before.file != str(base):
        raise UsageError(
            f"{option.name} is asked to be {before.value} ({before.file}:{before.line}) "
            f"and {option.value} ({option.file}:{option.line})",
            "these fragments exclude each other: leave one out of --config",
        )
    return option


def allconfig(config: KernelConfig) -> str:
    """The text KCONFIG_ALLCONFIG takes for `make allnoconfig`."""
    return "".join(f"{option.name}={option.value}\n" for option in config.options)


def read_dotconfig(text: str) -> dict[str, str]:
    """Name → value of a .config; unset options are left out."""
    pairs = (_SET.match(line) for line in text.splitlines())
    return {match["name"]: match["value"] for match in pairs if match}


def lost(config: KernelConfig, dotconfig: dict[str, str]) -> tuple[Option, ...]:
    """Options whose final value is not the one asked for; optional ones are forgiven."""
    return tuple(
        option
        for option in config.options
        if not option.optional and dotconfig.get(option.name, "n") != option.value
    )

# SPDX-License-Identifier: GPL-2.0-only
"""The tables of a MATRIX.toml → model, with the line of whatever is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from orchestrator.config.suites import suites_in
from orchestrator.config.toml_lines import Lines
from orchestrator.model.matrix import PatchValue, Pattern, Settings, TreeValue, Value

PATTERN_KEYS = ("tree", "patch", "config", "topology", "suites")
# What an include may name that no axis has → the axis it belongs to.
OWN_VALUES = {"config": "configs", "topology": "topologies", "suites": "suites"}
_SETTINGS = ("kmod", "accel", "timeout", "known-issues")
_ACCEL = ("auto", "kvm", "tcg")
_GLOB = "*?["
_NO_FILE = ("http://", "https://", "git:", "<")


class Reader:
    """The tables of one file."""

    def __init__(self, path: Path, lines: Lines, table: dict[str, Any]) -> None:
        self.folder = path.absolute().parent
        self.lines = lines
        self.table = table

    def only(self, table: dict[str, Any], known: tuple[str, ...], where: str, n: int = 0) -> None:
        for key in table:
            if key not in known:
                at = self.lines.of(where, n, key)
                at = at if where else max(at, self.lines.of(key))  # it may be a table's header
                raise self.lines.error(at, f"unknown key {key!r}", f"keys: {', '.join(known)}")

    def text(self, where: str, key: str, default: str) -> str:
        value = (self.table.get(where, {}) if where else self.table).get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.lines.error(self.lines.of(where, 0, key), f"{key} is not a text")
        return value

    def flag(self, key: str) -> bool:
        value = self.table.get(key, True)
        if not isinstance(value, bool):
            raise self.lines.error(self.lines.of("", 0, key), f"{key} is not true or false")
        return value

    def named(self, axis: str) -> Iterator[tuple[str, Any, int]]:
        """(name, what it stands for, line) of an axis: a list of texts, or a table of names."""
        raw = self.table.get(axis, [])
        if isinstance(raw, dict):
            for name, value in raw.items():
                yield name, value, self.lines.of(axis, 0, name)
            return
        line = self.lines.of("", 0, axis)
        if not isinstance(raw, list) or not all(isinstance(value, str) for value in raw):
            raise self.lines.error(line, f"{axis} is no list of texts", f"or a table [{axis}]")
        if len(set(raw)) != len(raw):
            raise self.lines.error(line, f"{axis} has a value twice")
        for value in raw:
            yield value, value, self.lines.of("", 0, axis, value)

    def values(self, axis: str) -> Iterator[Value]:
        for name, spec, line in self.named(axis):
            if not isinstance(spec, str):
                raise self.lines.error(line, f"{name} is not a text")
            if not name and axis != "suites":
                raise self.lines.error(line, f"a value of {axis} is empty")
            yield Value(name, self._spec(axis, spec), line=line)

    def _spec(self, axis: str, spec: str) -> str:
        if axis == "suites":
            return spec
        return ",".join(self._file(part.strip()) for part in spec.split(","))

    def trees(self) -> tuple[TreeValue, ...]:
        found = []
        for name, spec, line in self.named("trees"):
            if not isinstance(spec, str) or not spec or not name:
                raise self.lines.error(line, f"tree {name!r} is not a text")
            if spec == "." or spec.startswith(("/", "./", "../", "~")):
                folder = (self.folder / Path(spec).expanduser()).resolve()
                found.append(TreeValue(name, folder, line=line))
            else:
                kind, colon, rest = spec.partition(":")
                local = kind == "tarball" and colon
                spec = f"{kind}:{self.folder / rest}" if local else spec
                found.append(TreeValue(name, None, spec, line=line))
        if not found:
            raise self.lines.error(1, "no trees", 'trees = ["default"]; see docs/nightly.md')
        return tuple(found)

    def patches(self) -> tuple[PatchValue, ...]:
        return tuple(self._patch(*found) for found in self.named("patches"))

    def _patch(self, name: str, raw: Any, line: int) -> PatchValue:
        each = isinstance(raw, dict) and raw.keys() == {"series"}
        specs = raw["series"] if each else raw
        listed = specs if isinstance(specs, list) else [specs]
        if not name or not listed or not all(isinstance(spec, str) for spec in listed):
            hint = 'NAME = "FILE", ["FILE", ...] or { series = "FILE" }'
            raise self.lines.error(line, f"patch {name!r} names no patches", hint)
        return PatchValue(name, tuple(self._patch_file(spec) for spec in listed), each, line)

    def _file(self, spec: str) -> str:
        """A file is meant beside the matrix, not where the command happens to be called."""
        path = Path(spec).expanduser()
        is_file = "/" in spec or path.suffix in (".config", ".toml")
        return str(self.folder / path) if is_file else spec

    def _patch_file(self, spec: str) -> str:
        if spec in ("", "-") or spec.startswith(_NO_FILE):
            return spec
        path = self.folder / Path(spec).expanduser()
        return str(path) if path.is_file() or "/" in spec else spec

    def includes(self, axes: dict[str, list[Value]]) -> tuple[Pattern, ...]:
        """The tables, and into axes what they name that is no value of an axis yet."""
        patterns = self.patterns("include")
        for index, pattern in enumerate(patterns):
            for key, axis in OWN_VALUES.items():
                for text in getattr(pattern, key):
                    if any(fnmatchcase(value.name, text) for value in axes[axis]):
                        continue
                    if not any(sign in text for sign in _GLOB):
                        line = self.lines.of("include", index, key)
                        axes[axis].append(Value(text, self._spec(axis, text), True, line))
        return patterns

    def patterns(self, name: str, tables: Any = None) -> tuple[Pattern, ...]:
        raw = self.table.get(name, []) if tables is None else tables
        listed = [raw] if isinstance(raw, dict) else raw
        if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
            raise self.lines.error(self.lines.of("", 0, name), f"{name} is no table")
        return tuple(self._pattern(name, index, row) for index, row in enumerate(listed))

    def _pattern(self, name: str, index: int, row: dict[str, Any]) -> Pattern:
        self.only(row, PATTERN_KEYS, name, index)
        line = self.lines.of(name, index)
        if not row and not name.startswith("tiers."):
            raise self.lines.error(line, f"[[{name}]] is empty", "it would mean every cell")
        texts: dict[str, tuple[str, ...]] = {}
        for key, value in row.items():
            listed = value if isinstance(value, list) else [value]
            if not listed or not all(isinstance(text, str) for text in listed):
                at = self.lines.of(name, index, key)
                raise self.lines.error(at, f"{key} is neither a text nor a list of texts")
            texts[key] = tuple(listed)
        return Pattern(**texts, line=line)

    def tiers(self) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
        raw = self.table.get("tiers", {})
        if not isinstance(raw, dict):
            raise self.lines.error(self.lines.of("", 0, "tiers"), "tiers is no table")
        return tuple((name, self.patterns(f"tiers.{name}", rows)) for name, rows in raw.items())

    def settings(self) -> Settings:
        raw = self.table.get("settings", {})
        if not isinstance(raw, dict):
            raise self.lines.error(self.lines.of("", 0, "settings"), "settings is no table")
        self.only(raw, _SETTINGS, "settings")
        kmods = raw.get("kmod", [])
        kmods = kmods if isinstance(kmods, list) else [kmods]
        folders = tuple(self.folder / Path(str(folder)).expanduser() for folder in kmods)
        for folder in folders:
            if not suites_in(folder):
                line = self.lines.of("settings", 0, "kmod")
                raise self.lines.error(line, f"kmod: no *_test.c in {folder}")
        accel, step_s = raw.get("accel", "auto"), raw.get("timeout", 40)
        if accel not in _ACCEL:
            line = self.lines.of("settings", 0, "accel")
            raise self.lines.error(line, f"accel is {accel!r}", f"one of: {', '.join(_ACCEL)}")
        if type(step_s) not in (int, float) or step_s < 1:
            line = self.lines.of("settings", 0, "timeout")
            raise self.lines.error(line, f"timeout is {step_s!r}", "seconds, 1 at least")
        known = raw.get("known-issues")
        issues = self.folder / Path(str(known)).expanduser() if known else None
        return Settings(folders, accel, float(step_s), issues)

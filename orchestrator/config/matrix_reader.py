# SPDX-License-Identifier: GPL-2.0-only
"""The tables of a MATRIX.toml → model, with the line of whatever is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from orchestrator.config.known_issues import load_known_issues
from orchestrator.config.nearest import unknown
from orchestrator.config.quarantine import load_quarantine
from orchestrator.config.suites import suites_in
from orchestrator.config.toml_lines import Lines
from orchestrator.model.errors import UsageError
from orchestrator.model.matrix import PatchValue, Pattern, Settings, TreeValue, Value

PATTERN_KEYS = ("tree", "patch", "config", "topology", "suites")
# What an include may name that no axis has → the axis it belongs to.
OWN_VALUES = {"config": "configs", "topology": "topologies", "suites": "suites"}
_SETTINGS = ("kmod", "accel", "timeout", "known-issues", "quarantine")
_ACCEL = ("auto", "kvm", "tcg")
_GLOB = "*?["
_NO_FILE = ("http://", "https://", "git:", "<")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_STEP = re.compile(r".*#\d+")  # how the steps of a series are named


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
                error = unknown("key", key, known)
                raise self.lines.error(at, error.message, error.hint)

    def text(self, where: str, key: str, default: str) -> str:
        value = (self.table.get(where, {}) if where else self.table).get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.lines.error(self.lines.of(where, 0, key), f"{key} is not a text")
        return self._plain(value, self.lines.of(where, 0, key))

    def _plain(self, text: str, line: int) -> str:
        """As terminals, logs and file systems can have it."""
        if _CONTROL.search(text):
            raise self.lines.error(line, f"{text!r} has a control character in it")
        return text

    def _path(self, spec: str, line: int) -> Path:
        """A file is meant beside the matrix, not where the command happens to be called."""
        try:
            return self.folder / Path(self._plain(spec, line)).expanduser()
        except RuntimeError as error:  # ~nobody
            raise self.lines.error(line, f"{spec}: {error}") from error

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
                line = self.lines.of(axis, 0, name)
                yield self._plain(name, line), value, line
            return
        line = self.lines.of("", 0, axis)
        if not isinstance(raw, list) or not all(isinstance(value, str) for value in raw):
            raise self.lines.error(line, f"{axis} is no list of texts", f"or a table [{axis}]")
        if len(set(raw)) != len(raw):
            raise self.lines.error(line, f"{axis} has a value twice")
        for value in raw:
            line = self.lines.of("", 0, axis, value)
            yield self._plain(value, line), value, line

    def values(self, axis: str) -> Iterator[Value]:
        for name, spec, line in self.named(axis):
            if not isinstance(spec, str):
                raise self.lines.error(line, f"{name} is not a text")
            if not name and axis != "suites":
                raise self.lines.error(line, f"a value of {axis} is empty")
            yield Value(name, self._spec(axis, spec, line), line=line)

    def _spec(self, axis: str, spec: str, line: int) -> str:
        if axis == "suites":
            return self._plain(spec, line)
        return ",".join(self._file(part.strip(), line) for part in spec.split(","))

    def trees(self) -> tuple[TreeValue, ...]:
        found = []
        for name, spec, line in self.named("trees"):
            if not isinstance(spec, str) or not spec or not name:
                raise self.lines.error(line, f"tree {name!r} is not a text")
            if spec == "." or spec.startswith(("/", "./", "../", "~")):
                found.append(TreeValue(name, self._path(spec, line).resolve(), line=line))
            else:
                kind, colon, rest = spec.partition(":")
                local = kind == "tarball" and colon
                spec = f"{kind}:{self._path(rest, line)}" if local else self._plain(spec, line)
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
        if _STEP.fullmatch(name):
            hint = "# and a number is what the steps of a series are named by"
            raise self.lines.error(line, f"patch {name!r} cannot be named so", hint)
        return PatchValue(name, tuple(self._patch_file(spec, line) for spec in listed), each, line)

    def _file(self, spec: str, line: int) -> str:
        path = self._path(spec, line)
        return str(path) if "/" in spec or path.suffix in (".config", ".toml") else spec

    def _patch_file(self, spec: str, line: int) -> str:
        """What is a file here alone is not meant either, but said not to be there."""
        path = self._path(spec, line)
        if spec in ("", "-") or spec.startswith(_NO_FILE):
            return spec
        return str(path) if "/" in spec or path.is_file() or Path(spec).is_file() else spec

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
                        axes[axis].append(Value(text, self._spec(axis, text, line), True, line))
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
            at = self.lines.of(name, index, key)
            texts[key] = tuple(self._plain(text, at) for text in listed)
        return Pattern(**texts, line=line)

    def tiers(self) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
        raw = self.table.get("tiers", {})
        if not isinstance(raw, dict):
            raise self.lines.error(self.lines.of("", 0, "tiers"), "tiers is no table")
        for name, rows in raw.items():
            self._plain(name, self.lines.of(f"tiers.{name}"))
            if not isinstance(rows, dict | list):
                line = self.lines.of("tiers", 0, name)
                raise self.lines.error(line, f"tier {name} is no table", f"[tiers.{name}]")
        return tuple((name, self.patterns(f"tiers.{name}", rows)) for name, rows in raw.items())

    def settings(self) -> Settings:
        raw = self.table.get("settings", {})
        if not isinstance(raw, dict):
            raise self.lines.error(self.lines.of("", 0, "settings"), "settings is no table")
        self.only(raw, _SETTINGS, "settings")
        line = self.lines.of("settings", 0, "accel")
        accel = raw.get("accel", "auto")
        if accel not in _ACCEL:
            raise self.lines.error(line, f"accel is {accel!r}", f"one of: {', '.join(_ACCEL)}")
        line, step_s = self.lines.of("settings", 0, "timeout"), raw.get("timeout", 40)
        if type(step_s) not in (int, float) or not 1 <= step_s < math.inf:
            raise self.lines.error(line, f"timeout is {step_s!r}", "seconds, 1 at least")
        issues = self._list(raw, "known-issues", load_known_issues)
        quarantine = self._list(raw, "quarantine", load_quarantine)
        return Settings(self._kmods(raw), accel, float(step_s), issues, quarantine)

    def _kmods(self, raw: dict[str, Any]) -> tuple[Path, ...]:
        line = self.lines.of("settings", 0, "kmod")
        listed = raw.get("kmod", [])
        listed = listed if isinstance(listed, list) else [listed]
        if not all(isinstance(folder, str) for folder in listed):
            raise self.lines.error(line, "kmod is neither a text nor a list of texts")
        folders = tuple(self._path(folder, line) for folder in listed)
        for folder in folders:
            if not suites_in(folder):
                raise self.lines.error(line, f"kmod: no *_test.c in {folder}")
        return folders

    def _list(self, raw: dict[str, Any], key: str, load: Callable[[Path], object]) -> Path | None:
        """A file that can be read now, beside the matrix."""
        line = self.lines.of("settings", 0, key)
        if key not in raw:
            return None
        path = self._path(self.text("settings", key, ""), line)
        try:
            load(path)
        except UsageError as error:
            raise self.lines.error(line, error.message, error.hint) from error
        return path

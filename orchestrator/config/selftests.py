# SPDX-License-Identifier: GPL-2.0-only
"""What --kselftest takes: folders of tools/testing/selftests with a Makefile, such as kcmp or
filesystems/epoll, and what stands beside the Makefile: `config`, options the tests need, and
`settings`, how long each of them may take (Documentation/dev-tools/kselftest.rst)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.config import fragments
from orchestrator.config.assets import asset_dir
from orchestrator.model.errors import UsageError
from orchestrator.model.job import KernelConfig, Option

FOLDER = "tools/testing/selftests"
DEFAULT_S = 45  # kselftest_default_timeout in kselftest/runner.sh
ENDLESS_S = 1800  # for tests that their settings give all the time there is
_NAME = re.compile(r"[A-Za-z0-9_][\w.+-]*(?:/[A-Za-z0-9_][\w.+-]*)*", re.ASCII)
_TEST = re.compile(r"[\w.+@-]+", re.ASCII)
_TIMEOUT = re.compile(r"^\s*timeout\s*=\s*(\d{1,6})\s*$", re.MULTILINE)
_NEAR = 3


class SelftestFiles(Struct, frozen=True):
    """Of one target: its Makefile's neighbours, "" where there is none."""

    config: str = ""
    settings: str = ""

    @property
    def limit_s(self) -> int:
        """What one test may take, as the kernel's own runner has it."""
        found = _TIMEOUT.findall(self.settings)
        limit_s = int(found[-1]) if found else DEFAULT_S
        return limit_s or ENDLESS_S


def targets_in(folder: Path) -> dict[str, SelftestFiles]:
    """Every target of tools/testing/selftests, by name. Links are not followed."""
    found = {}
    for makefile in sorted(folder.rglob("Makefile")):
        name = makefile.parent.relative_to(folder).as_posix()
        if _NAME.fullmatch(name) and not makefile.is_symlink() and "lib.mk" in _text(makefile):
            beside = makefile.parent
            found[name] = SelftestFiles(_text(beside / "config"), _text(beside / "settings"))
    return found


def _text(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return ""
    return path.read_text(errors="replace")


def checked(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, in that order. UsageError for what can be no target's name."""
    asked = tuple(dict.fromkeys(name.strip("/") for name in names))
    for name in asked:
        if not _NAME.fullmatch(name):
            hint = f"a folder of {FOLDER}, as in --kselftest kcmp"
            raise UsageError(f"--kselftest {name!a}: no name of a target", hint)
    return asked


def chosen(names: Iterable[str], known: Mapping[str, SelftestFiles]) -> dict[str, SelftestFiles]:
    """The asked ones. UsageError, with those of similar names, if the tree has one of them not."""
    for name in names:
        if name not in known:
            raise _unknown(name, known)
    return {name: known[name] for name in names}


def _unknown(name: str, known: Mapping[str, SelftestFiles]) -> UsageError:
    if not known:
        return UsageError(f"--kselftest {name}: this tree has no {FOLDER}")
    near = difflib.get_close_matches(name, known, n=_NEAR, cutoff=0.5)
    near += [one for one in known if one.startswith(f"{name}/") and one not in near][:_NEAR]
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return UsageError(
        f"--kselftest {name}: this tree has no such target",
        f"{hint}there are {len(known)}: the folders of {FOLDER} with a Makefile",
    )


def with_options(
    config: KernelConfig, targets: Mapping[str, SelftestFiles]
) -> tuple[KernelConfig, tuple[str, ...]]:
    """(config with what the targets' own fragments ask for, lines that say nothing to Kconfig).

    A guest has no folder of modules, so what is asked as a module is built in. Such options may
    be lost, as many of these files name some that are long gone; what was lost is to be told.
    UsageError if --config asks for the contrary.
    """
    base = str(asset_dir("kernel-configs") / f"{fragments.BASE}.config")
    merged = {option.name: option for option in config.options}
    odd = []
    for name, files in targets.items():
        path = f"{FOLDER}/{name}/config"
        for number, line in enumerate(files.config.splitlines(), start=1):
            try:
                read = fragments.read_fragment(Path(path), line)
            except UsageError:
                odd.append(f"{path}:{number}: not a Kconfig line, left out: {line.strip()[:60]}")
                continue
            for one in read:
                value = "y" if one.value == "m" else one.value
                asked = replace(one, line=number, value=value, optional=True)
                merged[one.name] = _joined(merged.get(one.name), asked, base)
    return KernelConfig(config.names, tuple(merged.values())), tuple(odd)


def _joined(before: Option | None, option: Option, base: str) -> Option:
    if before is None or (before.file == base and before.value != option.value):
        return option
    if before.value != option.value:
        raise UsageError(
            f"{option.name} is asked to be {before.value} ({before.file}:{before.line}) "
            f"and {option.value} ({option.file}:{option.line})",
            "these exclude each other: leave the fragment out of --config, or the target",
        )
    return before


def own_options(config: KernelConfig) -> tuple[Option, ...]:
    """Those that only a target asks for."""
    return tuple(one for one in config.options if one.file.startswith(f"{FOLDER}/"))


def read_list(text: str, target: str) -> tuple[str, ...]:
    """The tests of a target in kselftest-list.txt, "TARGET:TEST" a line, in order, each once.
    ValueError for a line that is none."""
    tests = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        collection, colon, test = line.rpartition(":")
        if not colon or collection != target or not _TEST.fullmatch(test):
            raise ValueError(line)
        tests.append(test)
    return tuple(dict.fromkeys(tests))

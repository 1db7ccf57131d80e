# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate boot` tests besides the project's suites: the kernel's, and the user's
modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.config.kunit_glob import checked
from orchestrator.config.own_modules import has_own, parse_insmod
from orchestrator.config.suites import suites_in
from orchestrator.model.errors import UsageError
from orchestrator.model.job import OwnModule

if TYPE_CHECKING:
    from orchestrator.workflow.ready import BootJob


@dataclass(frozen=True)
class Besides:
    """kunit: glob of built-in suites, "" for none. own: folders that make modules, of which
    insmod are loaded, all if there are none."""

    kunit: str
    own: tuple[Path, ...]
    insmod: tuple[OwnModule, ...]

    def added_to(self, job: BootJob) -> BootJob:
        return replace(job, kunit=self.kunit, own=self.own, insmod=self.insmod)

    def suites_of(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The options, --kmod with folders of suites alone."""
        kmods = asked["kmods"]
        left = tuple(folder for folder in kmods if folder not in self.own or suites_in(folder))
        return {**asked, "kmods": left}


def besides(
    argv: tuple[str, ...], kmods: tuple[Path, ...], kunit: str | None, insmods: tuple[str, ...]
) -> Besides:
    """Of the options. UsageError if they do not go together; argv: a COMMAND."""
    own = tuple(folder for folder in kmods if has_own(folder))
    if kunit is not None and argv:
        raise UsageError("--kunit and a COMMAND exclude each other", "give one of them")
    if own and argv:
        hint = "bring the .ko along with --add, and insmod it there"
        raise UsageError("modules of --kmod and a COMMAND exclude each other", hint)
    asked = tuple(parse_insmod(text) for text in insmods)
    if asked and not own:
        hint = "such a folder has a Kbuild or Makefile, and C files besides *_test.c"
        raise UsageError("--insmod: no folder of --kmod makes modules", hint)
    twice = [one.name for at, one in enumerate(asked) if one.name in {o.name for o in asked[:at]}]
    if twice:
        raise UsageError(f"--insmod: {twice[0]} twice", "a module is loaded once")
    return Besides(checked(kunit) if kunit is not None else "", own, asked)

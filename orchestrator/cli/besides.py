# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate boot` tests besides the project's suites, or instead: the kernel's own, in it
and in its user space, and the user's modules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from orchestrator.config.kunit_glob import checked
from orchestrator.config.own_modules import has_own, parse_insmod
from orchestrator.config.selftests import checked as checked_targets
from orchestrator.config.suites import suites_in
from orchestrator.model.errors import UsageError
from orchestrator.model.job import OwnModule
from orchestrator.plan.deadlines import Deadlines

if TYPE_CHECKING:
    from orchestrator.workflow.boot_job import BootJob


class Besides(Struct, frozen=True):
    """kunit: glob of built-in suites, "" for none. own: folders that make modules, of which
    insmod are loaded, all if there are none. kselftest: targets; each of their programs may take
    kselftest_s, 0 for what the tree gives it."""

    kunit: str
    own: tuple[Path, ...]
    insmod: tuple[OwnModule, ...]
    kselftest: tuple[str, ...] = ()
    kselftest_s: float = 0.0

    def added_to(self, job: BootJob) -> BootJob:
        if self.kselftest:
            # Init tells each few seconds that it is alive: that is what silence is measured by.
            step_s = max(job.deadlines.step_s, Deadlines().step_s)
            job = replace(job, deadlines=replace(job.deadlines, step_s=step_s))
        return replace(
            job,
            kunit=self.kunit,
            own=self.own,
            insmod=self.insmod,
            kselftest=self.kselftest,
            kselftest_s=self.kselftest_s,
        )

    def suites_of(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The options, --kmod with folders of suites alone."""
        kmods = asked["kmods"]
        left = tuple(folder for folder in kmods if folder not in self.own or suites_in(folder))
        return {**asked, "kmods": left}


def besides(
    argv: tuple[str, ...],
    kmods: tuple[Path, ...],
    kunit: str | None,
    insmods: tuple[str, ...],
    selftests: tuple[str, ...] = (),
    asked: Mapping[str, Any] | None = None,
) -> Besides:
    """Of the options. UsageError if they do not go together; argv: a COMMAND. asked: others'
    values."""
    if selftests:
        return _selftests(argv, kmods, kunit, insmods, selftests, asked or {})
    own = tuple(folder for folder in kmods if has_own(folder))
    if kunit is not None and argv:
        raise UsageError("--kunit and a COMMAND exclude each other", "give one of them")
    if own and argv:
        hint = "bring the .ko along with --add, and insmod it there"
        raise UsageError("modules of --kmod and a COMMAND exclude each other", hint)
    wanted = tuple(parse_insmod(text) for text in insmods)
    if wanted and not own:
        hint = "such a folder has a Kbuild or Makefile, and C files besides *_test.c"
        raise UsageError("--insmod: no folder of --kmod makes modules", hint)
    twice = [one.name for at, one in enumerate(wanted) if one.name in {o.name for o in wanted[:at]}]
    if twice:
        raise UsageError(f"--insmod: {twice[0]} twice", "a module is loaded once")
    return Besides(checked(kunit) if kunit is not None else "", own, wanted)


def _selftests(
    argv: tuple[str, ...],
    kmods: tuple[Path, ...],
    kunit: str | None,
    insmods: tuple[str, ...],
    names: tuple[str, ...],
    asked: Mapping[str, Any],
) -> Besides:
    """They are all that runs: suites want a guest without user space, and a trace of it."""
    others = (
        ("a COMMAND", argv),
        ("--kunit", kunit is not None),
        ("--suite", asked.get("suites")),
        ("--case", asked.get("case")),
        ("--kmod", kmods),
        ("--insmod", insmods),
        ("--ssh", asked.get("ssh")),
    )
    for name, given in others:
        if given:
            hint = "they are different runs: give one of them, then the other"
            raise UsageError(f"--kselftest and {name} exclude each other", hint)
    limit_s = float(asked["step_s"]) if asked.get("limited") else 0.0
    return Besides("", (), (), checked_targets(names), limit_s)

# SPDX-License-Identifier: GPL-2.0-only
"""What --kunit takes: a glob as kunit.filter_glob has it (lib/kunit/executor.c), SUITE or
SUITE.CASE, split at the first period, each matched as a whole (lib/glob.c)."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase

from orchestrator.model.errors import UsageError
from orchestrator.model.job import BuiltIn, BuiltInSuite

MAX_GLOB = 200  # the command line of the kernel has 2048 bytes in all
SHOWN = 12


def checked(glob: str) -> str:
    """The glob. UsageError for what does not get to the kernel as it is, or means another thing
    there than here."""
    if not glob or len(glob) > MAX_GLOB:
        raise UsageError(f"--kunit takes 1 to {MAX_GLOB} characters", "every suite: --kunit '*'")
    if not (glob.isascii() and glob.isprintable()) or {'"', "\\"} & set(glob):
        hint = "it may have * ? [...] [!...], and one period before the name of a case"
        raise UsageError(f"--kunit {glob!a}: a character that no glob of suites has", hint)
    return glob


def chosen(glob: str, suites: Sequence[BuiltInSuite]) -> BuiltIn:
    """What the kernel will run. UsageError if that is nothing."""
    suite_glob, dot, case_glob = glob.partition(".")
    # Cases are known of all suites or of none. A suite whose cases the configuration leaves out,
    # as it does kunit_fault's, is in vmlinux without any, and the kernel does not run it.
    unknown = not any(suite.cases for suite in suites)
    found = []
    for suite in suites:
        if fnmatchcase(suite.name, suite_glob):
            cases = [name for name in suite.cases if not dot or fnmatchcase(name, case_glob)]
            if cases or unknown:
                found.append(BuiltInSuite(suite.name, tuple(cases)))
    if not found:
        raise _nothing(glob, suites)
    return BuiltIn(glob, tuple(found))


def _nothing(glob: str, suites: Sequence[BuiltInSuite]) -> UsageError:
    if not suites:
        hint = "add the fragment kunit: --config numa,kunit"
        return UsageError("--kunit: no KUnit suite is built into this kernel", hint)
    names = sorted({suite.name for suite in suites})
    near = difflib.get_close_matches(glob.partition(".")[0].strip("*"), names, n=1, cutoff=0.5)
    first = f"did you mean {near[0]}? " if near else ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    hint = f"{first}there are: {', '.join(names[:SHOWN])}{more}"
    return UsageError(f"--kunit {glob}: none of {len(names)} built-in suites matches", hint)

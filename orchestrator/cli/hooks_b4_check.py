# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate hooks b4-check"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.hooks_options import ORCHESTRATE, budget, called, reason_to_skip

if TYPE_CHECKING:
    from orchestrator.model.hooks import Checked

_KEPT = "(kept by b4 until --no-cache)"
EPILOG = """\b
Examples:
  b4 prep --check                       # calls this on each patch
  git format-patch --stdout -1 | orchestrate hooks b4-check
\b
Prints nothing if all is green, as b4 wants it; else lines with ERROR: (a failure)
or WARNING: (not checked). b4 remembers answers; b4 prep --check --no-cache does not.
Exit codes: 0 nothing red; 1 red; 130 interrupted."""


@click.command("b4-check", epilog=EPILOG)
@budget("Time for one patch.")
@ORCHESTRATE
def command(budget_s: float, orchestrate: Path | None) -> int:
    """Check the commit of this checkout that a patch on standard input is."""
    from orchestrator.model.errors import OrchestrateError, UsageError
    from orchestrator.workflow import hooks

    if sys.stdin.isatty():
        raise UsageError("b4 calls this, with a patch on standard input", "orchestrate presubmit")
    patch = sys.stdin.buffer.read()
    try:
        place = hooks.place_of(Path.cwd())
        if reason := reason_to_skip():
            hooks.note(place, "b4", "skipped", "a patch", reason)
            _say(f"WARNING: skipped: {reason} {_KEPT}")
            return 0
        checked = hooks.check_patch(place.top, patch, budget_s, called(orchestrate))
    except OrchestrateError as error:
        # On standard error, b4 would take it for the patch's fault.
        _say(f"WARNING: not checked: {error.message}")
        return 0
    return _tell(checked)


def _tell(checked: Checked) -> int:
    from orchestrator.model.hooks import Answer

    if checked.answer is Answer.STOPPED:
        raise KeyboardInterrupt
    if checked.answer is Answer.RED:
        again = f"see orchestrate presubmit {checked.what}^..{checked.what}"
        for line in checked.red or (again,):
            _say(f"ERROR: {line}")
    elif checked.answer is Answer.UNCHECKED:
        _say(f"WARNING: not checked: {checked.why} {_KEPT}")
    for line in checked.left:
        _say(f"WARNING: not checked: {line}")
    return int(checked.answer is Answer.RED)


def _say(line: str) -> None:
    from orchestrator.report.clean import clean

    print(clean(line))

# SPDX-License-Identifier: GPL-2.0-only
"""orchestrate hooks pre-push"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.hooks_options import ORCHESTRATE, SKIP, budget, called, reason_to_skip
from orchestrator.cli.nightly_options import without_password

if TYPE_CHECKING:
    from orchestrator.model.hooks import Checked, Place

SHOWN = 20  # lines of what was left out
EPILOG = f"""\b
In a pre-push hook of your own:
  exec orchestrate hooks pre-push -- "$@"
\b
{SKIP}='the reason' git push goes past it, which is kept for `orchestrate hooks
status`; git push --no-verify goes past all hooks, unseen.
\b
Exit codes: 0 nothing red was found; 1 something was, and git pushes nothing; 130
interrupted, and git pushes nothing."""


@click.command("pre-push", epilog=EPILOG)
@budget("Time for all that is pushed.")
@ORCHESTRATE
@click.argument("remote", default="")
@click.argument("url", default="")
def command(budget_s: float, orchestrate: Path | None, remote: str, url: str) -> int:
    """Check what git is about to push: its lines are read from standard input, githooks(5).

    Of each ref, the commits no remote has. What is red holds the push; what was not
    checked, for want of time or because the host failed, does not, and is said.
    """
    from orchestrator.model.errors import OrchestrateError, UsageError
    from orchestrator.workflow import hooks

    if sys.stdin.isatty():
        raise UsageError("git push calls this", "by hand: orchestrate presubmit")
    lines = sys.stdin.buffer.read().decode(errors="replace")  # names are only shown
    if not lines.strip():
        return 0
    try:
        place = hooks.place_of(Path.cwd())
    except OrchestrateError as error:
        _say(f"NOT CHECKED: {error.message}")
        return 0
    where = without_password(url) if url and url != remote else remote
    if reason := reason_to_skip():
        _say(f"SKIPPED: {reason}")
        hooks.note(place, "pre-push", "skipped", f"to {where}", reason)
        return 0
    return _check(place, lines, budget_s, called(orchestrate))


def _check(place: Place, lines: str, budget_s: float, orchestrate: tuple[str, ...]) -> int:
    from orchestrator.model.errors import InfrastructureError
    from orchestrator.model.hooks import Answer
    from orchestrator.workflow import hooks

    held = False
    try:
        for checked in hooks.check_push(place.top, lines, budget_s, orchestrate, _say):
            _tell(checked)
            if checked.answer is not Answer.NOTHING:
                hooks.note(place, "pre-push", _word(checked), checked.what, _why(checked))
            if checked.answer is Answer.STOPPED:
                raise KeyboardInterrupt
            held |= checked.answer is Answer.RED
    except InfrastructureError as error:
        _say(f"NOT CHECKED: {error.message}")
        hooks.note(place, "pre-push", "not checked", "", error.message)
    if held:
        _say(f"PUSH HELD. Past it: {SKIP}='the reason' git push")
    return int(held)


_WORDS = {"GREEN": "passed", "RED": "held", "UNCHECKED": "not checked", "STOPPED": "interrupted"}


def _word(checked: Checked) -> str:
    return _WORDS[checked.answer.name] + (" in part" if _in_part(checked) else "")


def _in_part(checked: Checked) -> bool:
    return checked.answer.name == "GREEN" and bool(checked.left)


def _tell(checked: Checked) -> None:
    quiet = checked.answer.name in ("GREEN", "NOTHING")
    word = checked.answer.value if quiet else checked.answer.value.upper()
    word = "nothing red, NOT ALL CHECKED" if _in_part(checked) else word
    _say(f"{word}: {checked.what}" + (f": {checked.why}" if checked.why else ""))
    for line in checked.red:
        _say(f"  red: {line}")
    for line in checked.left[:SHOWN]:
        _say(f"  NOT CHECKED: {line}")
    if len(checked.left) > SHOWN:
        _say(f"  NOT CHECKED: {len(checked.left) - SHOWN} more")


def _why(checked: Checked) -> str:
    left = f"left out: {len(checked.left)}" if checked.left else ""
    return "; ".join(filter(None, (checked.why, *checked.red[:3], left)))


def _say(line: str) -> None:
    from orchestrator.report.clean import clean

    print(f"orchestrate: {clean(line)}", file=sys.stderr, flush=True)

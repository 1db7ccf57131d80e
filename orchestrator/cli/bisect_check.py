# SPDX-License-Identifier: GPL-2.0-only
"""What `orchestrate bisect` takes as the failure: its options, and the Check they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from orchestrator.model.bisect import Check

_F = TypeVar("_F", bound=Callable[..., Any])
NAMES = ("case", "signature", "leak", "creation_us", "slow")
_OPTIONS = ("--case", "--signature", "--leak", "--creation-us", "--slow")

_DECLARED = (
    click.option("--case", metavar="SUITE.CASE", help="The failure is that this case fails."),
    click.option("--signature", metavar="SIGNATURE|TEXT",
                 help="... a finding with this signature, or this text in its title."),
    click.option("--leak", is_flag=True, help="... that memory is lost."),
    click.option("--creation-us", type=click.FloatRange(min=0, min_open=True), metavar="N",
                 help="... that the median creation of a thread takes longer."),
    click.option("--slow", metavar="SUITE.CASE=SECONDS", help="... that a case takes longer."),
)  # fmt: skip


def check_options(function: _F) -> _F:
    """--case, --signature, --leak, --creation-us, --slow."""
    for option in reversed(_DECLARED):
        function = option(function)
    return function


def check(
    case: str | None,
    signature: str | None,
    leak: bool,
    creation_us: float | None,
    slow: str | None,
) -> Check:
    """The one that was asked for; UsageError for two."""
    from orchestrator.model.bisect import Check
    from orchestrator.model.errors import UsageError

    found = []
    if case is not None:
        found.append(Check("case", _case(case, "--case")))
    if signature is not None:
        if not signature.strip():
            raise UsageError("--signature is empty", "as `orchestrate judge RUN` shows it")
        found.append(Check("signature", signature.strip()))
    if leak:
        found.append(Check("leak"))
    if creation_us is not None:
        found.append(Check("creation", bound=creation_us))
    if slow is not None:
        name, _, seconds = slow.rpartition("=")
        found.append(Check("slow", _case(name, "--slow"), _seconds(seconds, slow)))
    if len(found) > 1:
        raise UsageError("a bisect looks for one failure", f"give one of {', '.join(_OPTIONS)}")
    return found[0] if found else Check()


def _case(text: str, option: str) -> str:
    from orchestrator.model.errors import UsageError

    suite, dot, case = text.partition(".")
    if not (suite and dot and case):
        raise UsageError(f"{option} {text}: no SUITE.CASE", "as in placement.nodes_in_turn")
    return text


def _seconds(text: str, whole: str) -> float:
    from orchestrator.model.errors import UsageError

    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--slow {whole}: no time in seconds", "as in placement.nodes_in_turn=0.5")
    return seconds

# SPDX-License-Identifier: GPL-2.0-only
"""Answers of `orchestrate why`: of a verdict, and of an option. (Of a key: model/inputs.py.)"""

from __future__ import annotations

from msgspec import Struct

from orchestrator.model.inputs import WhyBuilt
from orchestrator.model.verdict import Finding, Verdict


class Condition(Struct, frozen=True):
    """One thing that green needs. seen: what there was, in words."""

    needed: str
    met: bool
    seen: str


class WhyVerdict(Struct, frozen=True):
    """Why a run got its verdict. deciding: the finding that made it, None for green and where
    only something is missing; alike: further findings that would have made the same one;
    outranked: those that came second. green: all that green needs, met or not; green_too: what
    else stands against it, in words. host: what was laid on it, and how it was. judged_before:
    what run.json says, if that is another verdict."""

    run_dir: str
    verdict: Verdict
    deciding: Finding | None
    alike: tuple[Finding, ...]
    outranked: tuple[Finding, ...]
    green: tuple[Condition, ...]
    green_too: tuple[str, ...]
    host: tuple[str, ...]
    built: tuple[WhyBuilt, ...]
    next_commands: tuple[str, ...]
    judged_before: str = ""


class Asked(Struct, frozen=True):
    """A place that asks for an option. reason: the comment above it, one line."""

    file: str
    line: int
    value: str
    reason: str = ""
    optional: bool = False


class KconfigSays(Struct, frozen=True):
    """What a tree's own parser says of one option. visible: the most a user may ask for, "-" if
    it has no prompt; denying: terms of its dependencies that are n; selects: what selects it;
    nearest: a name that is like it, if the tree has no such option."""

    known: bool = True
    value: str = ""
    depends: str = ""
    visible: str = ""
    denying: tuple[str, ...] = ()
    selects: tuple[str, ...] = ()
    default: str = ""
    nearest: str = ""


class WhyOption(Struct, frozen=True):
    """Why an option has its value. value: "" if the tree has no such option.

    asked: by fragments, in their order, the last one counts. denying: terms of its dependencies
    that are not met; forced: options that select it, as they are set; default: the one that
    counts, if it has any; defined: where in the tree's Kconfig. of: which configuration. decided:
    in one sentence.
    """

    name: str
    of: str
    value: str
    asked: tuple[Asked, ...] = ()
    lost: bool = False
    decided: str = ""
    depends: str = ""
    denying: tuple[str, ...] = ()
    forced: tuple[str, ...] = ()
    default: str = ""
    prompt: bool = True
    defined: tuple[str, ...] = ()
    next_command: str = ""

# SPDX-License-Identifier: GPL-2.0-only
"""Answers to a name that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from orchestrator.model.errors import UsageError


def unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    """A UsageError that names the nearest known name and then all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    did_you_mean = f"did you mean {near[0]}? " if near else ""
    return UsageError(f"no {what} named {name!r}", f"{did_you_mean}there are: {', '.join(names)}")

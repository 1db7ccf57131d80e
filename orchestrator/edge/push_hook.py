# SPDX-License-Identifier: GPL-2.0-only
"""git's pre-push hook: put beside the user's own one, which is kept as it is and called first."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from orchestrator.edge import hook_script
from orchestrator.edge.hook_place import PRE_PUSH, must_be_ours_alone
from orchestrator.edge.hook_record import sum_of
from orchestrator.model.errors import UsageError
from orchestrator.model.hooks import Installed, Place

KEPT = f"{PRE_PUSH}.local"


def check(place: Place) -> None:
    """UsageError if it cannot be installed; nothing is written."""
    must_be_ours_alone(place)
    hook, kept = place.hooks / PRE_PUSH, place.hooks / KEPT
    if _is_there(kept) and _is_there(hook) and not hook_script.is_ours(hook):
        raise UsageError(
            f"both {hook} and {kept} are there, and neither is ours",
            f"the second name is where the first one would be kept: move {KEPT} away",
        )


def install(place: Place, done: Installed) -> Installed:
    """done, with what this did. What is ours already is written anew."""
    hook, kept = place.hooks / PRE_PUSH, place.hooks / KEPT
    place.hooks.mkdir(parents=True, exist_ok=True)
    moved = _is_there(hook) and not hook_script.is_ours(hook)
    if moved:
        hook.rename(kept)  # its content, mode and times, a link too, stay as they are
    try:
        hook_script.write(PRE_PUSH, hook, Path(done.orchestrate), done.budget_s)
    except BaseException:
        if moved:
            kept.replace(hook)
        raise
    owned = moved or (bool(done.kept) and Path(done.kept) == kept)
    return replace(
        done, hook=str(hook), hook_sum=sum_of(hook), kept=str(kept) if owned else ""
    )  # fmt: skip


def remove(done: Installed) -> tuple[str, ...]:
    """What was done, a line each. Whatever is not ours stays."""
    hook = Path(done.hook)
    if _is_there(hook) and not hook_script.is_ours(hook):
        return (f"{hook} is not ours any more, and stays",)
    if done.kept and _is_there(Path(done.kept)):
        os.replace(done.kept, hook)  # noqa: PTH105 (links are renamed, not followed)
        return (f"{hook} is your own again",)
    if not _is_there(hook):
        return (f"{hook} was gone already",)
    hook.unlink()
    return (f"{hook} is gone",)


def _is_there(file: Path) -> bool:
    return os.path.lexists(file)

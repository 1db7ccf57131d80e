# SPDX-License-Identifier: GPL-2.0-only
"""git's pre-push hook: put beside the user's own one, which is kept as it is and called first."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from orchestrator.edge import hook_script
from orchestrator.edge.hook_place import PRE_PUSH, must_be_ours_alone
from orchestrator.edge.hook_record import sum_of
from orchestrator.model.errors import UsageError
from orchestrator.model.hooks import Installed, Place

KEPT = f"{PRE_PUSH}.local"


def plan(place: Place, done: Installed) -> Installed:
    """done, with what put() will do; nothing is written. UsageError if it cannot be."""
    must_be_ours_alone(place)
    hook, kept = place.hooks / PRE_PUSH, place.hooks / KEPT
    own = _is_there(hook) and not hook_script.is_ours(hook)
    if own and _is_there(kept) and not _is_same(hook, kept):
        raise UsageError(
            f"both {hook} and {kept} are there, and neither is ours",
            f"the second name is where the first one would be kept: move {KEPT} away",
        )
    keeps = own or (done.kept == str(kept) and _is_there(kept))
    return replace(done, hook=str(hook), kept=str(kept) if keeps else "")


def put(done: Installed) -> Installed:
    """done, with the hook's sum. What is ours already is written anew.

    There is a hook at each moment: the user's own gets its second name before it loses the first.
    """
    hook = Path(done.hook)
    hook.parent.mkdir(parents=True, exist_ok=True)
    if _is_there(hook) and not hook_script.is_ours(hook):
        kept = Path(done.kept)
        kept.unlink(missing_ok=True)  # the same file, plan() has seen to that
        try:
            os.link(hook, kept, follow_symlinks=False)
        except OSError:  # no such links on this file system
            hook.rename(kept)
    hook_script.write(PRE_PUSH, hook, Path(done.orchestrate), done.budget_s)
    return replace(done, hook_sum=sum_of(hook))


def remove(done: Installed) -> tuple[str, ...]:
    """What was done, a line each. Whatever is not ours stays."""
    hook, kept = Path(done.hook), Path(done.kept)
    own = bool(done.kept) and _is_there(kept)
    if own and _is_there(hook) and _is_same(hook, kept):  # somebody was stopped half way
        kept.unlink()
        return (f"{hook} is your own, as before",)
    if _is_there(hook) and not hook_script.is_ours(hook):
        return (f"{hook} is not ours any more, and stays",)
    if own:
        os.replace(kept, hook)  # noqa: PTH105 (links are renamed, not followed)
        return (f"{hook} is your own again",)
    if not _is_there(hook):
        return (f"{hook} was gone already",)
    hook.unlink()
    return (f"{hook} is gone",)


def _is_same(one: Path, other: Path) -> bool:
    """Two names of one file, or of one link."""
    return os.path.samestat(one.lstat(), other.lstat())


def _is_there(file: Path) -> bool:
    return os.path.lexists(file)

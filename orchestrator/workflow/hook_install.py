# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate hooks install`, `remove` and `status`: both hooks of a repository as one."""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec.structs import replace

from orchestrator import __version__
from orchestrator.edge import b4_hook, hook_place, hook_record, hook_script, push_hook
from orchestrator.model.hooks import HookStatus, Installed, Place

PUSH, B4 = "pre-push", "b4"
BOTH = (PUSH, B4)
SHOWN = 10  # records of the log


def install(
    tree: Path, which: tuple[str, ...], budget_s: float, orchestrate: Path | None
) -> tuple[str, ...]:
    """What there is now, a line each. All is looked at before anything is written.

    Raises UsageError, InfrastructureError.
    """
    place = hook_place.find(tree)
    program = hook_script.executable(orchestrate)
    before = hook_record.read(place.ours) or Installed("", "")
    done = replace(before, version=__version__, orchestrate=str(program), budget_s=budget_s)
    if PUSH in which or before.hook:
        done = push_hook.plan(place, done)
        if before.hook and before.hook != done.hook:
            push_hook.remove(before)  # core.hooksPath was changed since
    if B4 in which or before.b4:
        done = b4_hook.plan(place, done)
    hook_record.write(place.ours, done)  # first, so that whatever is half done can be undone
    if done.hook:
        done = push_hook.put(done)
    if done.b4:
        b4_hook.put(place, done)
    hook_record.write(place.ours, done)
    return tuple(_what(done))


def _what(done: Installed) -> list[str]:
    said = []
    if done.hook:
        chained = f", after your own, now {Path(done.kept).name}" if done.kept else ""
        said.append(f"git push: {done.hook}{chained}")
    if done.b4:
        more = f", beside {done.b4[0].split()[0]}" if len(done.b4) > 1 else ""
        said.append(f"b4 prep --check: {done.b4_script}{more}")
    return said


def remove(tree: Path, which: tuple[str, ...]) -> tuple[str, ...]:
    """What was done, a line each; none if nothing is installed. Raises as install() does."""
    place = hook_place.find(tree)
    done = hook_record.read(place.ours)
    if done is None:
        return ()
    said: tuple[str, ...] = ()
    if PUSH in which and done.hook:
        said += push_hook.remove(done)
        done = replace(done, hook="", hook_sum="", kept="")
    if B4 in which and done.b4:
        said += b4_hook.remove(place, done)
        done = replace(done, b4=(), b4_script="")
    if done.hook or done.b4:
        hook_record.write(place.ours, done)
    else:
        shutil.rmtree(place.ours)
    return said


def status(tree: Path) -> HookStatus:
    """What is installed, and whether it works. Raises as install() does."""
    place = hook_place.find(tree)
    done = hook_record.read(place.ours)
    records = tuple(hook_record.noted(place.ours, SHOWN))
    if done is None:
        return HookStatus(place.top, (), (), records)
    return HookStatus(place.top, tuple(_what(done)), tuple(_broken(place, done)), records, done)


def _broken(place: Place, done: Installed) -> list[str]:
    said = []
    if not shutil.which(done.orchestrate):
        found = shutil.which("orchestrate")
        said.append(f"{done.orchestrate} is gone; " + (f"{found} is used" if found else _NOTHING))
    if done.hook:
        said += _broken_push(place, done)
    if done.b4:
        said += [f"{b4_hook.KEY} lost {value}" for value in b4_hook.missing(place, done)]
        if not hook_script.is_ours(Path(done.b4_script)):
            said.append(f"{done.b4_script} is gone or changed")
    return said


_NOTHING = "nothing is checked"


def _broken_push(place: Place, done: Installed) -> list[str]:
    hook = Path(done.hook)
    if hook.parent.resolve() != place.hooks.resolve():
        return [f"git looks in {place.hooks} now, not at {hook}; {_NOTHING}"]
    if not hook_script.is_ours(hook):
        return [f"{hook} is gone or not ours; {_NOTHING}"]
    if not shutil.which(hook):
        return [f"{hook} is not executable; {_NOTHING}"]
    changed = hook_record.sum_of(hook) != done.hook_sum
    return [f"{hook} was changed since it was written"] if changed else []

# SPDX-License-Identifier: GPL-2.0-only
"""Saves to files of a tree, as they happen.

Editors save in many ways: in place, under another name and then over the old one, by exchanging
two names. So what the kernel tells (inotify, through watchfiles) only says where to look; what is
given out is which files differ from when they were last looked at. Names that came and went never
show, and several events of one save are one.

Folders are watched one by one rather than recursively: watchfiles would follow links, of which a
kernel tree has some into its own folders, and take in .git and build output.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from orchestrator.edge.watch_look import Look
from orchestrator.model.errors import InfrastructureError

QUIET_MS = 100  # without an event: what came until then is one save
LONGEST_MS = 3000  # of events without such a pause: what came until then is told
WAKE_MS = 100  # how often a wait looks for Ctrl-C
MANY = 4000  # events at once: the kernel's queue (16384) may have lost some, so all is looked at
POLL_S = 1.0
SHARE = 20  # where we must poll, a 20th of the time is spent looking, at most
# What is saved on another machine, or outside of a virtual one, inotify does not tell of.
REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "vboxsf", "ceph", "fuse.sshfs"}
)
_SYSCTL = ("fs.inotify.max_user_watches", "fs.inotify.max_user_instances")


def _silent(_line: str) -> None:
    pass


def changes(
    root: Path, wanted: Callable[[Path], bool], note: Callable[[str], None] = _silent
) -> Iterator[frozenset[Path]]:
    """Sets of files below root, relative to it, that were written, made or removed; never empty.

    Watching begins with the call, not with the first item; what is saved before the next item is
    asked for is in it. wanted: whether a file (relative to root) is of interest; it is not asked
    about .git, make's output and editors' own files. note: gets a line if files must be polled.
    Endless; Ctrl-C raises KeyboardInterrupt. Raises InfrastructureError if root is no folder, and
    when it is gone.
    """
    if not root.is_dir():
        raise InfrastructureError(f"{root} is no folder", "so nothing in it can be watched")
    look = Look(root.resolve(), wanted)
    look.everywhere()
    saves = _saves(look, note)
    return _not_empty(look, next(saves), saves)  # from here on nothing is missed


def _not_empty(
    look: Look, first: set[Path], saves: Generator[set[Path]]
) -> Iterator[frozenset[Path]]:
    with contextlib.closing(saves):
        for found in itertools.chain([first], saves):
            if found:
                yield frozenset(found)
            if not look.folders:
                raise InfrastructureError(f"{look.root} is gone", "nothing is left to watch")


class _Refused(Exception):
    """The kernel watches no more for us."""


def _saves(look: Look, note: Callable[[str], None]) -> Generator[set[Path]]:
    """Now and then what differs, which may be nothing. The first time, watching has begun."""
    if (kind := file_system(look.root)) in REMOTE:
        note(f"{look.root} is on {kind}, which tells of no saves elsewhere{_POLLED}")
        yield from _polled(look)
    while True:
        try:
            yield from _watched(look)
        except FileNotFoundError:  # a folder went while we began; once more, with those left
            yield look.everywhere()
        except _Refused as refused:
            note(_why(str(refused), len(look.folders)))
            yield from _polled(look)


def _watched(look: Look) -> Iterator[set[Path]]:
    """Until folders come or go. Raises FileNotFoundError, _Refused."""
    layout, folders = look.layout, [folder for folder in look.folders if _is_utf8(folder)]
    with contextlib.closing(_events(folders)) as events:
        next(events)
        yield look.everywhere()
        while look.layout == layout:
            paths = next(events)
            lost = len(paths) > MANY or any("\ufffd" in path for path in paths)
            yield look.everywhere() if lost else look.at(paths)


def _events(folders: list[str]) -> Generator[set[str]]:
    """Paths with events since the last time; none after WAKE_MS without any."""
    import watchfiles  # a tenth of a second, which nobody else need wait for
    from watchfiles._rust_notify import WatchfilesRustInternalError

    try:
        for batch in watchfiles.watch(
            *folders,
            watch_filter=None,
            debounce=LONGEST_MS,
            step=QUIET_MS,
            rust_timeout=WAKE_MS,
            yield_on_timeout=True,
            recursive=False,
            force_polling=False,
            ignore_permission_denied=False,  # else a limit that was met is not told, either
        ):
            yield {path for _change, path in batch}
    except FileNotFoundError:
        raise
    except (OSError, WatchfilesRustInternalError) as error:
        raise _Refused(str(error)) from error


def _polled(look: Look) -> Iterator[set[Path]]:
    """Known files often, all others now and then, each as often as it costs little."""
    everywhere = _Turn(look.everywhere)
    known = _Turn(look.known)
    yield everywhere.take()
    while look.folders:
        time.sleep(min(POLL_S, max(0.0, known.next_s - time.monotonic())))
        found = known.take() if time.monotonic() >= known.next_s else set()
        while found and (more := _after(QUIET_MS / 1000, look.known) - found):
            found |= more
        if time.monotonic() >= everywhere.next_s:
            found |= everywhere.take()
        yield found


class _Turn:
    """A way to look, and when (time.monotonic()) it may be taken again."""

    def __init__(self, way: Callable[[], set[Path]]) -> None:
        self._way = way
        self.next_s = 0.0

    def take(self) -> set[Path]:
        begun = time.monotonic()
        found = self._way()
        ended = time.monotonic()
        self.next_s = ended + max(POLL_S, SHARE * (ended - begun))
        return found


def _after(seconds: float, way: Callable[[], set[Path]]) -> set[Path]:
    time.sleep(seconds)
    return way()


def _is_utf8(folder: str) -> bool:
    """watchfiles takes no other names."""
    return folder.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in folder)


def file_system(path: Path) -> str:
    """The type of the file system a path is on, as mount(8) names it; "" if it is not told."""
    device = path.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
            before, _, after = line.partition(" - ")  # proc_pid_mountinfo(5)
            if before.split(" ")[2:3] == [wanted]:
                return after.split(" ")[0]
    return ""


_POLLED = "; files are looked at every few seconds instead"


def _why(refused: str, folders: int) -> str:
    limit = "limit" in refused or "Too many" in refused
    reason = "the kernel allows no more watches" if limit else refused.partition("\n")[0]
    return (
        f"{reason} ({folders} folders){_POLLED}; "
        f"`sudo sysctl {_SYSCTL[0]}=524288 {_SYSCTL[1]}=512` ends that"
    )

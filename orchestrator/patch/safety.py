# SPDX-License-Identifier: GPL-2.0-only
"""What a patch from anywhere may not do to a tree, and what the user should hear of first."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

from orchestrator.model.diff import FileDiff, Hazard
from orchestrator.model.errors import PatchBroken

MAX_DIFF_MIB = 32
MAX_HUNK_LINES = 100_000
LINK = "120000"  # git's modes: a symbolic link, a plain file, a program
_MODES = {"", "100644", "100755", LINK}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What a build runs, or what tells it what to run.
_BUILD = re.compile(
    r"(.*/)?(Makefile|Kbuild|Kconfig)[^/]*$|scripts/|tools/|certs/|usr/gen_init_cpio"
    r"|.*\.(sh|pl|py|mk|awk|lds|lds\.S)$"
)

IsLink = Callable[[str], bool]


def check_size(text: str, name: str) -> None:
    """Before anything is read of it. Raises PatchBroken."""
    mib = len(text) / 1024 / 1024
    if mib > MAX_DIFF_MIB:
        raise PatchBroken(
            f"{name}: {mib:.0f} MiB of diff, more than {MAX_DIFF_MIB}",
            "for whole trees there is --tree",
        )


def hazards(files: Sequence[FileDiff], is_link: IsLink) -> tuple[Hazard, ...]:
    """Build scripts it changes. is_link: is this path of the tree a symbolic link?

    Raises PatchBroken for what is never applied: paths out of the tree or through a link,
    links out of it, modes other than a file's or a link's, binary patches, endless hunks.
    """
    made = {file.new_path for file in files if file.new_path and file.new_mode == LINK}
    for file in files:
        for path in (file.old_path, file.new_path):
            if path is not None:
                _check_path(path)
                _check_parents(path, made, is_link)
        _check_kind(file)
    scripts = sorted({file.path for file in files if _BUILD.match(file.path)})
    programs = sorted({file.path for file in files if file.new_mode == "100755"} - set(scripts))
    found = []
    if scripts:
        found.append(Hazard(tuple(scripts), "changes what the build runs"))
    if programs:
        found.append(Hazard(tuple(programs), "makes or changes programs"))
    return tuple(found)


def _check_path(path: str) -> None:
    parts = path.split("/")
    if _CONTROL.search(path):
        raise PatchBroken(f"{path!r}: a path with control characters", "")
    if path.startswith("/") or ".." in parts or "." in parts or "" in parts:
        raise PatchBroken(f"{path}: outside the tree", "a patch may only name files below it")
    if any(part.lower() == ".git" for part in parts):
        raise PatchBroken(f"{path}: inside .git", "a patch may not change a repository")


def _check_parents(path: str, made: Iterable[str], is_link: IsLink) -> None:
    parts = path.split("/")
    for end in range(1, len(parts)):
        parent = "/".join(parts[:end])
        if parent in made or is_link(parent):
            raise PatchBroken(f"{path}: {parent} is a symbolic link", "name the file itself")


def _check_kind(file: FileDiff) -> None:
    if file.binary:
        raise PatchBroken(
            f"{file.path}: a binary patch, which can be neither read nor checked",
            "apply it to your own tree and use --tree",
        )
    odd = {file.old_mode, file.new_mode} - _MODES
    if odd:
        raise PatchBroken(f"{file.path}: mode {min(odd)} is neither a file's nor a link's", "")
    for hunk in file.hunks:
        if max(hunk.old_count, hunk.new_count) > MAX_HUNK_LINES:
            raise PatchBroken(
                f"{file.path}: hunk {hunk.number} has more than {MAX_HUNK_LINES} lines", ""
            )
    if file.new_mode == LINK:
        _check_target(file)


def _check_target(file: FileDiff) -> None:
    for hunk in file.hunks:
        for line in hunk.readings[0]:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), line.text))
            if line.kind == "+" and (target.startswith(("/", "../")) or target == ".."):
                raise PatchBroken(
                    f"{file.path}: a symbolic link out of the tree, to {line.text}",
                    "links may only point to files of the tree",
                )

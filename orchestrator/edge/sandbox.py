# SPDX-License-Identifier: GPL-2.0-only
"""Everything that runs code of a tree, and QEMU, starts through here.

Whether bubblewrap works is found by running it: a host may forbid user namespaces, as most
containers do. Where it doesn't, commands run as they are, and every result says so.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator.edge import process
from orchestrator.edge.store import cache_root, writable
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.job import Sandbox
from orchestrator.plan import sandbox as plan
from orchestrator.plan.sandbox import Shown

VARIABLE = "ORCHESTRATE_SANDBOX"
MODES = ("auto", "always", "never")
TRIAL_S = 10.0
NAME = "bubblewrap"
# What a kernel's build calls: each may be installed anywhere.
_TOOLS = (
    "make", "gcc", "g++", "cc", "cpp", "as", "ld", "ar", "nm", "objcopy", "objdump", "strip",
    "readelf", "gcov", "ccache", "flex", "bison", "m4", "bc", "perl", "python3", "pahole", "awk",
    "bindgen", "sh", "sed", "grep", "find", "xz", "gzip", "cpio", "tar",
)  # fmt: skip


@functools.cache
def found() -> Sandbox:
    """What commands run in, found out once. Raises UsageError for a mode there is not, and
    InfrastructureError if a sandbox must be and cannot."""
    mode = os.environ.get(VARIABLE) or "auto"
    if mode not in MODES:
        raise UsageError(f"{VARIABLE}={mode}", f"it takes {', '.join(MODES)}")
    if mode == "never":
        return Sandbox("none", f"{VARIABLE}=never")
    why = _trial()
    if why and mode == "always":
        raise InfrastructureError(
            f"{VARIABLE}=always, and there is no sandbox: {why}", "see orchestrate doctor"
        )
    if why:
        return Sandbox("none", why)
    return Sandbox(NAME, "builds and QEMU see no network, no home, and only the files they need")


def _trial() -> str:
    """ "" if bwrap works here, else why not."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return "bubblewrap is not installed"
    try:
        done = process.run(_argv(["true"], Shown(), "/"), alone=True, timeout_s=TRIAL_S)
    except InfrastructureError as error:
        return error.message
    said = done.output.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
    return "" if done.returncode == 0 else said[0]


def warning() -> str:
    """What is to be said aloud, "" if nothing is."""
    sandbox = found()
    if sandbox.name == NAME:
        return ""
    return f"no sandbox ({sandbox.reason}): what a tree's build runs can do all that you can"


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    reads: Iterable[Path] = (),
    writes: Iterable[Path] = (),
    programs: Iterable[str] = (),
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout_s: float | None = None,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> process.Completed:
    """process.run(), where only the system, reads and writes can be seen, and only writes be
    written. cwd and writes: folders that are there. programs: what may be called besides the usual.

    Raises InfrastructureError also if the sandbox itself fails: that is no fault of the tree's.
    """
    if found().name != NAME:
        return process.run(
            argv, cwd=cwd, env=env, stdin=stdin, timeout_s=timeout_s, log=log, on_line=on_line
        )
    cache, cache_env = _ccache()
    shown = Shown(reads=tuple(map(_real, reads)), writes=(*map(_real, writes), *cache))
    shown = _with(shown, filter(None, map(shutil.which, (*_TOOLS, *programs))))
    done = process.run(
        _argv(argv, shown, _real(cwd)),
        env=plan.environment(os.environ, {**cache_env, **(env or {})}),
        alone=True,
        stdin=stdin,
        timeout_s=timeout_s,
        log=log,
        on_line=on_line,
    )
    lines = done.output.strip().splitlines()
    # bwrap speaks before it runs the command, or not at all.
    if done.returncode == 1 and lines and all(line.startswith("bwrap: ") for line in lines):
        raise InfrastructureError(
            f"the sandbox failed: {lines[0]}", f"{VARIABLE}=never does without", log
        )
    return done


def around(
    argv: Sequence[str],
    *,
    cwd: Path,
    reads: Iterable[Path],
    writes: Iterable[Path],
    env: Mapping[str, str],
    by: Sequence[str] = (),
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """(argv, all of its environment) for one who starts it on streams of their own; else as
    run(). by: what starts argv inside."""
    if found().name != NAME:
        return (*by, *argv), {**os.environ, **env}
    where = shutil.which(argv[0]) or argv[0]
    shown = Shown(reads=tuple(map(_real, reads)), writes=tuple(map(_real, writes)))
    command = (*by, where, *argv[1:])
    return _argv(command, _with(shown, [where]), _real(cwd)), plan.environment(os.environ, env)


def around_qemu(
    argv: Sequence[str], reads: Iterable[Path], writes: Iterable[Path]
) -> tuple[str, ...]:
    """argv as it is to be started. It sees the files it reads and writes, and none besides."""
    if found().name != NAME:
        return tuple(argv)
    where = shutil.which(argv[0])
    if where is None:
        return tuple(argv)  # which ends in the words for a missing program
    kvm = Path("/dev/kvm")
    devices = ("/dev/null", str(kvm)) if kvm.exists() else ("/dev/null",)
    shown = Shown(
        reads=tuple(map(_real, reads)),
        writes=tuple(map(_real, writes)),
        devices=devices,
        scratch=False,
    )
    return _argv([where, *argv[1:]], _with(shown, [where]), "/")


def _argv(command: Sequence[str], shown: Shown, cwd: str) -> tuple[str, ...]:
    bwrap = shutil.which("bwrap")
    assert bwrap
    return plan.argv(bwrap, _system(), shown, cwd, command)


@functools.cache
def _system() -> tuple[tuple[str, str], ...]:
    """Of plan.SYSTEM what this host has; a link (/bin on most) with what it points to."""
    rows = []
    for path in map(Path, plan.SYSTEM):
        if path.is_symlink():
            rows.append((str(path), str(path.readlink())))
        elif path.exists():
            rows.append((str(path), ""))
    return tuple(rows)


def _with(shown: Shown, programs: Iterable[str]) -> Shown:
    """And what these programs need, where they are not the system's."""
    strange = [path for path in programs if plan.outside(path)]
    parts = [plan.program(path, os.path.realpath(path), str(Path.home())) for path in strange]
    parts += _rust() if shown.scratch else ()
    reads = dict.fromkeys(path for part in parts for path in part.reads)
    inside = tuple(f"{path}/" for path in reads)
    links = dict.fromkeys(
        link for part in parts for link in part.links if not link[0].startswith(inside)
    )
    return Shown(
        reads=(*reads, *shown.reads),
        writes=shown.writes,
        links=(*links, *shown.links),
        devices=shown.devices,
        scratch=shown.scratch,
    )


@functools.cache
def _rust() -> tuple[Shown, ...]:
    """rustc where rustup brought it, without rustup's keys: Kconfig writes down its version.

    What is found in PATH is a stand-in that needs the home folder.
    """
    where = shutil.which("rustc")
    if where is None or not plan.outside(where):
        return ()
    # In a folder without rust-toolchain.toml, which could have rustup fetch another one.
    argv, env = [where, "--print", "sysroot"], {"RUSTUP_AUTO_INSTALL": "0"}
    try:
        done = process.run(argv, cwd=Path("/"), env=env, timeout_s=TRIAL_S)
    except InfrastructureError:
        return ()
    root = done.output.strip()
    if done.returncode or not Path(root, "bin/rustc").is_file():
        return ()
    return (Shown(reads=(root,), links=((where, f"{root}/bin/rustc"),)),)


def _ccache() -> tuple[tuple[str, ...], dict[str, str]]:
    """(folder to write to, variables) if there is a ccache.

    A folder of our own, unless the user names one: a build that writes to the user's could put
    objects, and commands to run, into all that they compile later.
    """
    if shutil.which("ccache") is None:
        return (), {}
    named = os.environ.get("CCACHE_DIR")
    folder = writable(Path(named) if named else cache_root() / "ccache").resolve()
    ours = {name: value for name, value in os.environ.items() if name.startswith("CCACHE_")}
    ours = {name: value for name, value in ours.items() if "/" not in value}  # no path, no URL
    return (str(folder),), {**ours, "CCACHE_DIR": str(folder)}


def _real(path: Path) -> str:
    """Absolute. A link in it would be followed inside, where what it points to may not be."""
    return str(path.absolute())

# SPDX-License-Identifier: GPL-2.0-only
"""Measures a built kernel object by object: bytes, seconds to compile, milliseconds at boot."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from bench_commands import BOOT, run
from elftools.elf.elffile import ELFFile
from kconfig_attribution import Size, asked_in, command_in, initcalls, initcalls_of

from orchestrator.edge import process

SUITE = "create"
_SHF_ALLOC = 2
# Read at build time and thrown away by the linker (DISCARDS in asm-generic/vmlinux.lds.h).
_DISCARDED = re.compile(r"\.(?:discard|export_symbol|modinfo|note\.GNU-stack)\b.*")
_APPEND = "-append '"


def size(path: Path) -> Size:
    """What is loaded of an object or of vmlinux."""
    data = bss = 0
    with path.open("rb") as stream:
        for section in ELFFile(stream).iter_sections():
            if not section["sh_flags"] & _SHF_ALLOC or _DISCARDED.fullmatch(section.name):
                continue
            if section["sh_type"] == "SHT_NOBITS":
                bss += section["sh_size"]
            else:
                data += section["sh_size"]
    return Size(data, bss)


def owned_initcalls(obj: Path, paths: Iterable[str]) -> dict[str, frozenset[str]]:
    """Object → the functions it has called at boot. Raises InfrastructureError."""
    symbols: dict[str, list[str]] = {path: [] for path in paths}
    for line in process.check(["nm", "-A", "-P", *symbols], cwd=obj).splitlines():
        path, _, rest = line.partition(": ")  # "lib/a.o: NAME TYPE VALUE SIZE"
        if path in symbols:
            symbols[path].append(rest.partition(" ")[0])
    return {path: initcalls_of(names) for path, names in symbols.items()}


def saved(obj: Path, path: str) -> str:
    """What kbuild kept of how an object was made. OSError if it did not make it."""
    return (obj / Path(path).parent / f".{Path(path).name}.cmd").read_text()


def asks(obj: Path, paths: Iterable[str]) -> dict[str, frozenset[str]]:
    """Object → the options that its sources and headers mention, without CONFIG_."""
    return {path: asked_in(saved(obj, path)) for path in paths}


def compile_seconds(obj: Path, path: str) -> float:
    """CPU seconds of the compiler, and of objtool, for one object; without ccache.

    The object is made anew in place, so obj must not be the store's. Raises
    subprocess.CalledProcessError if it cannot be.
    """
    argv = ["sh", "-e", "-c", command_in(saved(obj, path))]
    env = {**os.environ, "CCACHE_DISABLE": "1"}
    started = subprocess.Popen(argv, cwd=obj, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode != 0:
        raise subprocess.CalledProcessError(started.returncode, argv)
    return used.ru_utime + used.ru_stime


def booted(run_dir: Path) -> Path:
    """A run of one suite, to boot its machine again; the store's entry of its kernel."""
    run((*BOOT, "--cold", "--suite", SUITE, "--run-dir", str(run_dir)))
    for line in (run_dir / "replay.sh").read_text().splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "-kernel":
            return Path(rest.removesuffix(" \\").strip("'\"")).parents[2]
    raise ValueError(f"{run_dir}/replay.sh boots no kernel")


def initcall_boot(run_dir: Path, number: int) -> dict[str, float]:
    """Function → milliseconds, of one boot of the run's machine with initcall_debug.

    ValueError if no initcall was told.
    """
    script = (run_dir / "replay.sh").read_text()
    if _APPEND not in script:
        raise ValueError("the replay script has no kernel command line")
    told = run_dir / "initcalls.sh"
    told.write_text(script.replace(_APPEND, f"{_APPEND}initcall_debug "))
    channels = run_dir / f"initcalls-{number}"
    channels.mkdir()
    run(("sh", str(told)), TMPDIR=str(channels))
    logs = [*channels.glob("*/kmsg.log")]
    took = initcalls("".join(log.read_text(errors="replace") for log in logs))
    if not took:
        raise ValueError("the guest did not tell its initcalls")
    return took

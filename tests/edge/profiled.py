# SPDX-License-Identifier: GPL-2.0-only
"""A profiled C file as kbuild leaves it, run in user space, and the archive a guest would send."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from orchestrator.model import rundir
from orchestrator.model.job import BuiltKernel

C_FILE = "kernel/twice.c"
SOURCE = """\
#include "twice.h"

__attribute__((noinline)) int twice(int x)
{
	if (x < 0)
		__builtin_abort();
#ifdef NEVER
	x = 0;
#endif
	return DOUBLE(x);
}

static __attribute__((noinline)) int half(int x, int unused)
{
	return x / 2;
}

int main(void)
{
	int sum = 0;

	for (int n = 0; n < 7; n++)
		sum += twice(n);
	return half(sum, 1) != 21;
}
"""
FLAGS = ("-std=gnu11", "-O2", "-I../include", "-DKBUILD_MODFILE='\"kernel/twice\"'")
PROFILE = ("-fprofile-arcs", "-ftest-coverage")


@dataclass(frozen=True)
class Built:
    """tree: sources; obj: its folder "build"; gcda: what one run of the program counted."""

    tree: Path
    obj: Path
    gcda: bytes

    @property
    def kernel(self) -> BuiltKernel:
        none = self.obj / "none"
        return BuiltKernel("key", "7.3.4", self.tree, self.obj, none, none, none, cached=False)


def build(tree: Path, source: str = SOURCE) -> Built:
    """tree, with kernel/twice.c compiled and run once."""
    obj = tree / "build"
    for folder in (tree / "kernel", tree / "include", obj / "kernel"):
        folder.mkdir(parents=True)
    (tree / "include/twice.h").write_text("#define DOUBLE(x) ((x) * 2)\n")
    (tree / C_FILE).write_text(source)
    made = "kernel/twice.o"
    command = (
        f"gcc -Wp,-MMD,kernel/.twice.o.d {' '.join((*FLAGS, *PROFILE))} -c -o {made} ../{C_FILE}"
    )
    env = {**os.environ, "LC_ALL": "C"}
    subprocess.run(command, shell=True, cwd=obj, check=True, env=env)
    # As kbuild does, objtool's command behind the compiler's.
    (obj / "kernel/.twice.o.cmd").write_text(
        f"savedcmd_{made} := {command} ; ./tools/objtool/objtool --orc {made}\n\n"
        f"source_{made} := ../{C_FILE}\n"
    )
    program = obj / "program"
    subprocess.run(["gcc", *PROFILE, "-o", str(program), made], cwd=obj, check=True)
    subprocess.run([str(program)], cwd=obj, check=True)
    counters = obj / "kernel/twice.gcda"
    data = counters.read_bytes()
    counters.unlink()  # in a kernel they are in the guest
    return Built(tree, obj, data)


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """One member of a tar archive, without the archive's end."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(data))
        end = tar.offset
    return stream.getvalue()[:end]


def archive(run_dir: Path, *members: bytes, end: bytes = bytes(1024)) -> Path:
    """run_dir with these members as the guest's archive."""
    run_dir.mkdir(exist_ok=True)
    (run_dir / rundir.COVERAGE).write_bytes(b"".join(members) + end)
    return run_dir

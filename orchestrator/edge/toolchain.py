# SPDX-License-Identifier: GPL-2.0-only
"""The toolchain that was asked for: is it there, and new enough for a tree?"""

from __future__ import annotations

import functools
import os
import re
import shutil
from pathlib import Path

from orchestrator.config.llvm import llvm_value
from orchestrator.edge import process, sandbox
from orchestrator.model.arch import DEFAULT, named
from orchestrator.model.errors import InfrastructureError, UsageError
from orchestrator.model.toolchain import PACKAGES, Toolchain, package, tool

VARIABLE = "LLVM"
_SCRIPT = "scripts/min-tool-version.sh"
# `gcc (Debian 12.2.0-14) 12.2.0`, `Debian clang version 19.1.7 (3)`
_CLANG = re.compile(r"clang version (\d+(?:\.\d+)*)")
_LAST = re.compile(r"(\d+(?:\.\d+)+)\D*$")


def asked(option: str | None, arch: str = DEFAULT) -> Toolchain:
    """For guests of that architecture. LLVM: of --llvm, else of the environment, as make has it.

    Raises UsageError for what names no toolchain, InfrastructureError if LLVM's is not here.
    """
    value = llvm_value(option, "--llvm") if option is not None else _of_environment()
    if value:
        require(value)
    return Toolchain(named(arch), value)


def _of_environment() -> str:
    return llvm_value(os.environ.get(VARIABLE, ""), VARIABLE)


@functools.cache
def require(llvm: str) -> None:
    """InfrastructureError that names what is missing, and the Debian packages with it."""
    missing = [name for name in PACKAGES if shutil.which(tool(name, llvm)) is None]
    if not missing:
        return
    programs = ", ".join(tool(name, llvm) for name in missing)
    packages = " ".join(dict.fromkeys(package(name, llvm) for name in missing))
    hint = "is it the right folder?" if llvm.endswith("/") else ""
    raise InfrastructureError(
        f"LLVM={llvm}: this host lacks {programs}",
        hint or f"on Debian: apt-get install {packages}; another version: --llvm N",
    )


def programs(toolchain: Toolchain) -> tuple[str, ...]:
    """What a build calls of it; () for the host's gcc and binutils, which any build may."""
    strange = toolchain.llvm or toolchain.arch.cross
    return tuple(toolchain.tool(name) for name in PACKAGES) if strange else ()


def check_age(tree: Path, toolchain: Toolchain) -> None:
    """UsageError if the tree wants a newer compiler than this: make would say so in the middle of
    its configuration, as if the tree were broken. Nothing if it does not tell (before 5.13)."""
    script = tree / _SCRIPT
    if not script.is_file():
        return
    llvm, arch = toolchain.llvm, toolchain.arch
    argv = ["sh", str(script), "llvm" if llvm else "gcc"]
    env = {"ARCH": arch.name, "SRCARCH": arch.src}
    done = sandbox.run(argv, cwd=Path("/"), reads=(script,), env=env, timeout_s=60)
    wanted, compiler = done.output.strip(), toolchain.tool("gcc")
    have = compiler_version(compiler)
    if done.returncode or not re.fullmatch(r"\d+(\.\d+)*", wanted) or not have:
        return
    if _numbers(have) < _numbers(wanted):
        other = "another, as --llvm N" if llvm else "a newer gcc, or clang with --llvm"
        raise UsageError(
            f"{compiler} is {have}, and this tree wants {wanted} or later", f"take {other}"
        )


@functools.cache
def compiler_version(compiler: str) -> str:
    """ "19.1.7"; "" if its first line has none. Raises InfrastructureError."""
    first = process.check([compiler, "--version"], timeout_s=60).partition("\n")[0]
    match = _CLANG.search(first) or _LAST.search(first)
    return match[1] if match else ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))

# SPDX-License-Identifier: GPL-2.0-only
"""make command lines and what their output says of progress and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set

from orchestrator.model.toolchain import GCC, Toolchain

# Kept out of objects and banners, so that the same sources give the same bytes.
STABLE_ENV = {
    "KBUILD_BUILD_TIMESTAMP": "1970-01-01",
    "KBUILD_BUILD_USER": "orchestrate",
    "KBUILD_BUILD_HOST": "orchestrate",
    "KBUILD_BUILD_VERSION": "1",  # else what starts from other objects counts on from theirs
    "LC_ALL": "C",
    # For ccache: take the dependencies from -MMD instead of preprocessing everything first,
    # which makes a miss cost little more than the compiler alone.
    "CCACHE_DEPEND": "1",
    # The user's own, which builds without a sandbox would see; ours comes on the command line.
    "LLVM": "",
}

# A quiet line of kbuild: "  CC      kernel/fork.o" (scripts/Kbuild.include).
_STEP = re.compile(r"^  (?:CC|AS|HOSTCC|LD|AR|HOSTLD)\s+(?:\[M\]\s+)?(\S+)")
_ERROR = re.compile(
    r"(: (fatal )?error: |undefined reference to|^ERROR: modpost:|^error: |: Assembler messages)"
)
_WARNING = re.compile(r"(: warning: |^WARNING: modpost:)")


# What a compiler, linker or shell says (in LC_ALL=C) when the host is at fault, not the sources.
# The last two are gcc's (gcc/gcc.cc) and clang's (lib/Driver/Job.cpp, lib/Driver/Driver.cpp) for a
# compiler that was killed, as the host does out of memory.
_HOST = re.compile(
    r"No space left on device|Disk quota exceeded|Read-only file system|Input/output error|"
    r"Cannot allocate memory|virtual memory exhausted|fatal error: Killed signal terminated|"
    r"unable to execute command: Killed"
)


def host_fault(lines: Iterable[str]) -> str:
    """The first line of a build's output that tells of the host's failure; "" if none does."""
    return next((line.strip() for line in lines if _HOST.search(line)), "")


# The kernel's own flags (CFLAGS_GCOV in its Makefile), and no inlining before lines are counted:
# a small function's would be counted in its callers only, and read "never run".
_GCOV_FLAGS = (
    "-fprofile-arcs -ftest-coverage -fno-tree-loop-im -fprofile-update=prefer-atomic "
    "-fno-early-inlining"
)

_GCOV_CLANG = "-fprofile-arcs -ftest-coverage -fprofile-update=atomic"


def gcov_variables(stems: Sequence[str], llvm: str = "") -> tuple[str, ...]:
    """make variables that have gcov count the lines of these objects; none for no objects.

    clang counts before it inlines, and knows fewer flags.
    """
    profiled = tuple(f"GCOV_PROFILE_{stem}.o=y" for stem in stems)
    flags = _GCOV_CLANG if llvm else _GCOV_FLAGS
    return (*profiled, f"CFLAGS_GCOV={flags}") if profiled else ()


def kernel_argv(
    source: str,
    obj_name: str,
    jobs: int,
    compiler: str,
    targets: Iterable[str],
    toolchain: Toolchain = GCC,
) -> tuple[str, ...]:
    """make in `source` with an O= directory of that name inside it.

    Inside, because kbuild then names the sources by the relative path ".." (srcroot in the
    top Makefile): a tree and its objects may move together and stay up to date.
    """
    return (
        "make",
        "-C",
        source,
        f"O={obj_name}",
        *toolchain.make_variables,
        f"CC={compiler}",
        f"-j{jobs}",
        *targets,
    )


def module_argv(
    source: str, obj: str, module_dir: str, jobs: int, compiler: str, toolchain: Toolchain = GCC
) -> tuple[str, ...]:
    """make of an external module against a built kernel."""
    common = kernel_argv(source, obj, jobs, compiler, (), toolchain)
    return (*common, f"M={module_dir}", "modules")


# Programs that Kconfig looks for and writes down the version of, by make variable, and the option
# without which nothing else comes of that: so what a host has of them changes no kernel.
_PROBED = (("RUSTC", "CONFIG_RUST"), ("PAHOLE", "CONFIG_DEBUG_INFO_BTF"))
NEEDED = {"CONFIG_RUST": ("rustc", "bindgen"), "CONFIG_DEBUG_INFO_BTF": ("pahole",)}


def unseen_tools(options: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """make variables that hide these programs from a configuration that has no use for them.

    options: (CONFIG_X, value), as asked for.
    """
    on = {name for name, value in options if value == "y"}
    return tuple(
        f"{name}=orchestrate-has-no-{name.lower()}" for name, option in _PROBED if option not in on
    )


def step(line: str) -> str | None:
    """The file a line of make's output says was made, or None."""
    match = _STEP.match(line)
    return match[1] if match else None


def first_errors(lines: Iterable[str], limit: int = 5) -> tuple[str, ...]:
    """The first messages that explain a failed build."""
    lines = list(lines)
    errors = [line.strip() for line in lines if _ERROR.search(line)]
    if not errors:  # make's own "*** ... Stop."
        errors = [line.strip() for line in lines if "***" in line]
    return tuple(errors[:limit])


def explained(errors: Iterable[str]) -> bool:
    """Is the reason in the sources? make's own words alone may be about objects that are there."""
    return any(_ERROR.search(error) for error in errors)


def headline(errors: Sequence[str]) -> str:
    """The one message to say a failed build in."""
    return errors[0] if errors else "make failed without a compiler message"


def warnings(lines: Iterable[str]) -> tuple[str, ...]:
    """Compiler and modpost warnings, in order, without duplicates."""
    return tuple(dict.fromkeys(line.strip() for line in lines if _WARNING.search(line)))


def still_true(earlier: Iterable[str], lines: Iterable[str], differing: Set[str]) -> list[str]:
    """Warnings of the build this one started from, less those it would have given again.

    lines: what this one printed; differing: files of the tree that are other ones now. What names
    no file of the tree is about the whole image, which is linked again if anything is.
    """
    made = {target.rpartition(".")[0] for line in lines if (target := step(line))}
    if not made:
        return list(earlier)
    named = ((text, text.partition(":")[0].removeprefix("../")) for text in earlier)
    return [
        text
        for text, file in named
        if "/" in file and file not in differing and file.rpartition(".")[0] not in made
    ]

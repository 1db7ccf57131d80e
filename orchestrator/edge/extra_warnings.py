# SPDX-License-Identifier: GPL-2.0-only
"""W=1 and sparse for single objects: the command a build wrote down, on any tree's sources.

make W=1 would make the whole kernel anew, since commands differ. So a file is compiled with the
command of a kernel that is built, what W=1 changes in it told by the tree's own makefiles, and
with another tree's sources and headers: headers that a build generates stay that kernel's.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from orchestrator.edge import sandbox
from orchestrator.edge.recompile import saved_command
from orchestrator.edge.toolchain import programs
from orchestrator.model.job import BuiltKernel

DATA = Path(__file__).parents[1] / "data/warnings"
TIMEOUT_S = 300.0
MOST_USERS = 8  # files compiled for the headers that changed
_MESSAGE = re.compile(r"^\S.*?:\d+(?::\d+)?: (?:warning|error|fatal error): ")
# CHECKFLAGS of the top Makefile and of arch/x86.
_SPARSE = (
    "sparse", "-D__linux__", "-Dlinux", "-D__STDC__", "-Dunix", "-D__unix__", "-Wbitwise",
    "-Wno-return-void", "-Wno-unknown-attribute", "-D__x86_64__", "--arch=x86_64",
    "-mlittle-endian", "-m64",
)  # fmt: skip
_GAVE_UP = "too many errors"


class Looked(Struct, frozen=True):
    """What was said of one file. warnings: by the compiler with W=1, by sparse; "FILE:LINE: ...",
    relative to the tree. broken: it does not compile. sparse: "", or why it said nothing."""

    warnings: tuple[str, ...]
    broken: bool = False
    sparse: str = ""


def has_sparse() -> bool:
    return shutil.which("sparse") is not None


def extra_flags(kernel: BuiltKernel) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(words that W=1 takes away, words it adds). Both empty if the tree does not tell."""
    plain, extra = _flags(kernel, ""), _flags(kernel, "1")
    if not plain or not extra:
        return (), ()
    gone = tuple(word for word in plain if word not in extra)
    return gone, tuple(word for word in extra if word not in plain)


def _flags(kernel: BuiltKernel, level: str) -> tuple[str, ...]:
    tools = kernel.toolchain
    with tempfile.TemporaryDirectory(prefix="orchestrate-object-") as folder:
        done = sandbox.run(
            ("make", "-s", "-f", str(DATA / "flags.mk"), f"srctree={kernel.src}",
             f"obj={kernel.obj}", f"CC={tools.tool('gcc')}", f"LD={tools.tool('ld')}",
             f"KBUILD_EXTRA_WARN={level}", "flags"),
            cwd=Path(folder),
            reads=(DATA, kernel.src),
            writes=(Path(folder),),
            programs=programs(tools),
            timeout_s=TIMEOUT_S,
        )  # fmt: skip
    rows = [line for line in done.output.splitlines() if line.startswith("flags: ")]
    return tuple(rows[-1].split()[1:]) if done.returncode == 0 and rows else ()


def look(
    kernel: BuiltKernel,
    tree: Path,
    c_file: str,
    flags: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    sparse: bool,
) -> Looked | None:
    """The file of the tree, compiled as the kernel's; None if it has no object there, or the tree
    no such file. flags: of extra_flags(). Raises InfrastructureError."""
    words = saved_command(kernel, c_file)
    if not words or not (tree / c_file).is_file():
        return None
    gone, more = flags
    words = [_elsewhere(word, tree) for word in words if word not in (*gone, "-Werror")]
    source = words.pop()
    with tempfile.TemporaryDirectory(prefix="orchestrate-object-") as folder:
        made = Path(folder)
        argv = [*words, *more, "-c", "-o", str(made / "object.o"), source]
        status, output = _run(kernel, tree, argv, made)
        found = _messages(output, tree)
        if status:
            return Looked(found, broken=True)
        why = ""
        if sparse:
            _, output = _run(kernel, tree, [*_SPARSE, *words[1:], source], made)
            if _GAVE_UP in output:
                why = "sparse gave up: it does not know this kernel's C"
            else:
                found += _messages(output, tree)
    return Looked(tuple(dict.fromkeys(found)), sparse=why)


def _elsewhere(word: str, tree: Path) -> str:
    """A word of a command, whose sources are at "..", for sources in the tree."""
    for lead in ("-I", "-fmacro-prefix-map=", ""):
        if word.startswith(f"{lead}../"):
            return f"{lead}{tree}/{word.removeprefix(f'{lead}../')}"
    return word


def _run(kernel: BuiltKernel, tree: Path, argv: Sequence[str], made: Path) -> tuple[int, str]:
    done = sandbox.run(
        argv,
        cwd=kernel.obj,
        reads=(kernel.src, tree),
        writes=(made,),
        programs=programs(kernel.toolchain),
        timeout_s=TIMEOUT_S,
    )
    return done.returncode, done.output


def _messages(output: str, tree: Path) -> tuple[str, ...]:
    lines = (line.replace(f"{tree}/", "") for line in output.splitlines())
    return tuple(dict.fromkeys(line.strip() for line in lines if _MESSAGE.match(line)))


def users_of(kernel: BuiltKernel, headers: Iterable[str]) -> tuple[str, ...]:
    """C files whose objects in this kernel were made with one of these headers, in order."""
    rows = {f"  ../{header} \\" for header in headers}
    rows |= {row.removesuffix(" \\") for row in rows}
    found = []
    for file in sorted(kernel.obj.rglob(".*.o.cmd")) if rows else ():
        lines = file.read_text(errors="replace").splitlines()
        if rows.intersection(lines):
            source = next((line for line in lines if line.startswith("source_")), "")
            path = source.partition(" := ../")[2].strip()
            if path.endswith(".c"):
                found.append(path)
    return tuple(dict.fromkeys(found))

# SPDX-License-Identifier: GPL-2.0-only
"""One object of a built kernel again, with kbuild's own command, to look at it.

The command is what the build wrote down, so anything: it runs in the sandbox.
"""

from __future__ import annotations

import re
import shlex
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from orchestrator.edge import sandbox
from orchestrator.edge.outputs import check_plain
from orchestrator.edge.toolchain import programs
from orchestrator.model.job import BuiltKernel

# Words that would write beside the object, or put counters into it.
_LEFT_OUT = re.compile(
    r"-Wp,-MM?D,.*|-fprofile-arcs|-ftest-coverage|-fno-tree-loop-im|-fno-early-inlining|-c"
)
_MARKER = re.compile(r'# (\d+) "(.*)"')
_CLONE = re.compile(r"\.(?:isra|constprop|part|cold)(?:\.\d+)*")
_TIMEOUT_S = 120


def text_sizes(kernel: BuiltKernel, c_file: str) -> dict[str, int]:
    """Function → bytes of text, gcc's clones and cold parts added, without gcov's counters.

    c_file: relative to the tree. {} if this kernel has no object of it.
    """
    with tempfile.TemporaryDirectory(prefix="orchestrate-object-") as folder:
        made = Path(folder) / "object.o"
        words = saved_command(kernel, c_file)
        if not words or not _run(kernel, [*words, "-c", "-o", str(made)], made.parent):
            return {}
        return _functions(made)


def compiled_lines(kernel: BuiltKernel, c_file: str) -> set[int] | None:
    """Lines of the file, 1-based, that the preprocessor leaves something of; None: no object."""
    words = saved_command(kernel, c_file)
    if not words:
        return None
    with tempfile.TemporaryDirectory(prefix="orchestrate-object-") as folder:
        made = Path(folder) / "object.i"
        if not _run(kernel, [*words, "-E", "-o", str(made)], made.parent):
            return None
        return _lines_of(made.read_text(errors="replace"), c_file)


def compile_like(
    kernel: BuiltKernel,
    c_file: str,
    source: Path,
    made: Path,
    more: Sequence[str],
    timeout_s: float,
) -> str:
    """Compile another file as the kernel's c_file was, with more options; "", or why not."""
    words = [word for word in saved_command(kernel, c_file) if not word.endswith(f"/{c_file}")]
    if not words:
        return f"the kernel has no object of {c_file}"
    words += [f"-I{kernel.src}", *more, "-c", "-o", str(made), str(source)]
    done = sandbox.run(
        words,
        cwd=kernel.obj,
        reads=(kernel.src, source),
        programs=programs(kernel.toolchain),
        writes=(made.parent,),
        timeout_s=timeout_s,
    )
    check_plain(made.parent, made.parent)
    errors = [line for line in done.output.splitlines() if "error:" in line]
    return "" if done.returncode == 0 else (errors or [f"exit status {done.returncode}"])[0]


def saved_command(kernel: BuiltKernel, c_file: str) -> list[str]:
    """The compiler's words, without output and what has side effects; [] if there are none."""
    path = PurePosixPath(c_file).with_suffix(".o")
    saved = kernel.obj / path.parent / f".{path.name}.cmd"
    if not saved.is_file():
        return []
    line = saved.read_text().partition("\n")[0].partition(" := ")[2]
    words = shlex.split(line.partition(" ; ")[0])
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or _LEFT_OUT.fullmatch(word):
            skip = False
        elif word == "-o":
            skip = True
        else:
            kept.append(word)
    return kept


def _run(kernel: BuiltKernel, words: list[str], folder: Path) -> bool:
    done = sandbox.run(
        words,
        cwd=kernel.obj,
        reads=(kernel.src,),
        writes=(folder,),
        programs=programs(kernel.toolchain),
        timeout_s=_TIMEOUT_S,
    )
    check_plain(folder, folder)
    return done.returncode == 0


def _functions(made: Path) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    with made.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            return {}
        for symbol in table.iter_symbols():
            if symbol["st_info"]["type"] == "STT_FUNC":
                sizes[_CLONE.sub("", symbol.name)] += symbol["st_size"]
    return dict(sizes)


def _lines_of(text: str, c_file: str) -> set[int]:
    """Lines of c_file in preprocessed text, by its line markers."""
    lines: set[int] = set()
    inside, number = False, 0
    for line in text.split("\n"):
        marker = _MARKER.match(line)
        if marker:
            number = int(marker[1])
            inside = f"/{marker[2]}".endswith(f"/{c_file}")
        else:
            if inside and line.strip():
                lines.add(number)
            number += 1
    return lines

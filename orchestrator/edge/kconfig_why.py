# SPDX-License-Identifier: GPL-2.0-only
"""Why an option did not survive, from the tree's own Kconfig parser.

kconfiglib cannot read current trees, so a small C program (data/kconfig/whynot.c) is linked
with the objects `make allnoconfig` has just left in scripts/kconfig.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from orchestrator.config.assets import data_dir
from orchestrator.edge import sandbox
from orchestrator.edge.kernel_tree import release_in
from orchestrator.edge.toolchain import programs
from orchestrator.model.arch import X86_64, Arch
from orchestrator.model.toolchain import GCC, Toolchain, tool
from orchestrator.model.why import KconfigSays

# The objects conf is linked from, less conf.o (scripts/kconfig/Makefile, 6.1 to 7.3).
_OBJECTS = ["confdata", "expr", "lexer.lex", "menu", "parser.tab", "preprocess", "symbol", "util"]
# A term of a printed expression that holds the option back: "FOO [=n]".
_NO = re.compile(r"(!?)(\w+) \[=(\w*)\]")
_BETWEEN = "\x01"  # entries of a list, as whynot.c prints them


def unmet(
    src: Path,
    obj_name: str,
    options: Sequence[str],
    toolchain: Toolchain = GCC,
    scratch: Path | None = None,
) -> tuple[tuple[str, str], ...]:
    """(option, reason) for each, with CONFIG_ in front, in words for a hint. toolchain: what the
    tree was configured with.

    scratch: the one folder that is written to, of a kernel that is built; by default its objects.
    The reason is only "its dependencies are not met" if the parser can't be built.
    """
    obj = src / obj_name
    names = [option.removeprefix("CONFIG_") for option in options]
    program = _linked(src, obj, (scratch or obj / "scripts/kconfig") / "whynot")
    answers = _ask(program, src, obj, names, toolchain) if program else {}
    return tuple((f"CONFIG_{name}", _reason(src, name, answers.get(name))) for name in names)


def asked_parser(
    src: Path, obj_name: str, name: str, scratch: Path, toolchain: Toolchain = GCC
) -> KconfigSays | None:
    """All that the tree's parser says of one option (without CONFIG_) in src/obj_name/.config;
    None if the parser can't be built. Writes to the folder scratch alone."""
    obj = src / obj_name
    program = _linked(src, obj, scratch / "whynot")
    answer = _ask(program, src, obj, [name], toolchain).get(name) if program else None
    if program is None or answer is None:
        return None
    if answer[0] == "unknown":
        return KconfigSays(known=False, nearest=_nearest(src, name))
    value, depends, visible, denying, selects, default = (*answer, *[""] * 6)[:6]
    return KconfigSays(
        value=value or "n",
        depends=depends,
        visible=visible,
        denying=tuple(filter(None, denying.split(_BETWEEN))),
        selects=tuple(filter(None, selects.split(_BETWEEN))),
        default=default,
    )


def definitions(src: Path, name: str, arch: Arch = X86_64) -> tuple[str, ...]:
    """Where the tree's Kconfig files define an option: "init/Kconfig:203"."""
    wanted = re.compile(rf"[ \t]*(?:menu)?config[ \t]+{re.escape(name)}[ \t]*$", re.MULTILINE)
    others = re.compile(rf"arch/(?!{arch.src}/|Kconfig)|build/")
    found: list[str] = []
    for file in sorted(src.glob("**/Kconfig*")):
        shown = str(file.relative_to(src))
        if not file.is_file() or others.match(shown):
            continue
        text = file.read_text(errors="replace")
        found += [
            f"{shown}:{text.count(chr(10), 0, at.start()) + 1}" for at in wanted.finditer(text)
        ]
    return tuple(found)


def _linked(src: Path, obj: Path, program: Path) -> Path | None:
    objects = [str(obj / f"scripts/kconfig/{name}.o") for name in _OBJECTS]
    includes = [f"-I{src}/scripts/kconfig", f"-I{src}/scripts/include"]
    source = data_dir("kconfig") / "whynot.c"
    argv = ["gcc", "-o", str(program), *includes, str(source), *objects]
    writes = (program.parent,) if obj not in program.parents else (obj,)
    done = sandbox.run(argv, cwd=obj, reads=(src, source), writes=writes, timeout_s=60)
    return program if done.returncode == 0 else None


def _ask(
    program: Path, src: Path, obj: Path, names: Sequence[str], toolchain: Toolchain
) -> dict[str, list[str]]:
    env = {
        "srctree": str(src),
        "objtree": str(obj),
        "KCONFIG_CONFIG": str(obj / ".config"),
        "ARCH": toolchain.arch.name,
        "SRCARCH": toolchain.arch.src,
        "KERNELVERSION": release_in((src / "Makefile").read_text(errors="replace")),
        **{name.upper(): toolchain.tool(name) for name in ("ld", "ar", "nm", "objcopy")},
        **{name.upper(): name for name in ("rustc", "bindgen")},
        "CC": toolchain.tool("gcc"),
        "HOSTCC": tool("gcc", toolchain.llvm),
        "HOSTCXX": "g++",
        "PAHOLE": "pahole",
    }
    argv = [str(program), *names]
    # $(cc-option,...) tries the compiler in the current folder, which it must be able to write to.
    made = program.parent
    done = sandbox.run(
        argv,
        cwd=made,
        reads=(src,),
        writes=(made,),
        programs=programs(toolchain),
        env=env,
        timeout_s=60,
    )
    rows = (line.split("\t") for line in done.output.splitlines() if "\t" in line)
    return {row[0]: row[1:] for row in rows}


def _reason(src: Path, name: str, answer: list[str] | None) -> str:
    if answer is None:
        return "its dependencies are not met"
    if answer[0] == "unknown":
        near = _nearest(src, name)
        return "this tree has no such option" + (f"; the nearest is CONFIG_{near}" if near else "")
    expression = answer[1] if len(answer) > 1 else ""
    blocking = [
        f"CONFIG_{symbol}={value or 'n'}"
        for negated, symbol, value in _NO.findall(expression)
        if (value in ("n", "")) != bool(negated)
    ]
    if blocking:
        return f"it depends on {expression}; not met: {', '.join(dict.fromkeys(blocking))}"
    return f"it is {answer[0]!r}: another option of the choice or a select decides it"


def _nearest(src: Path, name: str) -> str:
    known: set[str] = set()
    for file in src.glob("**/Kconfig*"):
        known.update(re.findall(r"^(?:menu)?config (\w+)", file.read_text(errors="replace"), re.M))
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.7)), "")

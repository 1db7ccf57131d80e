# SPDX-License-Identifier: GPL-2.0-only
"""drgn's own command line on a guest's memory, as a process of its own: what it shall do is JSON
in a file that the environment names (Wanted)."""

from __future__ import annotations

import logging
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import drgn
import drgn.cli
import msgspec
from msgspec import Struct

from orchestrator.edge.autopsy.memory import Memory
from orchestrator.edge.autopsy.reading import Asked

ENV = "ORCHESTRATE_DRGN"


class Wanted(Struct, frozen=True):
    """code: to be run; script: a file and its arguments; neither: the user types. modules: .ko
    files with debug info."""

    asked: Asked
    code: str = ""
    script: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def main() -> None:
    wanted = msgspec.json.decode(Path(os.environ[ENV]).read_bytes(), type=Wanted)
    logging.getLogger("drgn").setLevel(logging.ERROR)  # it minds how QEMU lays the image out
    try:
        memory = Memory(wanted.asked, wanted.modules)
        notes = [*wanted.notes, *memory.load_modules()]
    except Exception as error:  # the image may hold anything
        sys.exit(f"the memory image cannot be read: {error}")
    prog = memory.prog
    if not wanted.code and not wanted.script:
        banner = "\n".join(
            (*notes, "For help, type help(drgn).", ">>> from drgn.helpers.linux ...")
        )
        drgn.cli.run_interactive(prog, banner_func=lambda _: banner)
        return
    drgn.set_default_prog(prog)
    named: dict[str, Any] = drgn.cli.default_globals(prog)
    if wanted.script:
        sys.argv = list(wanted.script)
        sys.path.insert(0, str(Path(wanted.script[0]).parent))
        runpy.run_path(wanted.script[0], init_globals=named, run_name="__main__")
        return
    sys.argv = ["-c"]
    exec(compile(wanted.code, "<code>", "exec"), named)


if __name__ == "__main__":
    main()

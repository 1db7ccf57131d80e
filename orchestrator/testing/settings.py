# SPDX-License-Identifier: GPL-2.0-only
"""What a project, a command line or a mark asks of kernels and machines.

A mark comes before the command line, and that before the ini file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

MARKS = (
    "kernel(config=NAMES, patch=SPEC): fragments by commas, and patches, of this test's kernel",
    "topology(NAME, ...): machines of this test, which runs once on each",
)
_SETTINGS = {
    "config": "fragments of the kernel, by commas (numa)",
    "topology": "the machine (numa4): a name, or a TOML file",
    "tree": "a kernel tree, dirty or not; never written to",
    "source": "where to get one instead, as `orchestrate boot --source`",
    "accel": "auto, kvm or tcg",
}


def add(parser: pytest.Parser) -> None:
    """--orchestrate-NAME on the command line, orchestrate_NAME in the ini file."""
    group = parser.getgroup("orchestrate", "tests in a guest of orchestrate")
    for name, said in _SETTINGS.items():
        group.addoption(f"--orchestrate-{name}", metavar=name.upper(), help=said)
        parser.addini(f"orchestrate_{name}", said)
    group.addoption("--orchestrate-patch", action="append", default=[], metavar="SPEC",
                    help="apply this to the kernel first; may be repeated")  # fmt: skip
    parser.addini("orchestrate_patch", "patches of the kernel, a line each", type="linelist")
    group.addoption("--orchestrate-keep", action="store_true",
                    help="keep the runs of tests that pass, too")  # fmt: skip


def setting(config: pytest.Config, name: str, default: str = "") -> str:
    """Of the command line, else of the ini file."""
    said = config.getoption(f"--orchestrate-{name}") or config.getini(f"orchestrate_{name}")
    return str(said or default)


def kernel_asked(item: pytest.Item) -> tuple[str, tuple[str, ...]]:
    """(fragments, patches) of a test's kernel."""
    config, mark = item.config, item.get_closest_marker("kernel")
    asked = dict(zip(("config", "patch"), mark.args, strict=False)) if mark else {}
    asked |= mark.kwargs if mark else {}
    patches: str | Path | Sequence[str] = (
        asked.get("patch")
        or config.getoption("--orchestrate-patch")
        or config.getini("orchestrate_patch")
    )
    given = [patches] if isinstance(patches, (str, Path)) else patches
    fragments = asked.get("config") or setting(config, "config", "numa")
    return str(fragments), tuple(map(str, given))


def topologies_asked(item: pytest.Item) -> tuple[str, ...]:
    """Of a test's mark; () if it has none."""
    mark = item.get_closest_marker("topology")
    return tuple(map(str, mark.args)) if mark else ()

# SPDX-License-Identifier: GPL-2.0-only
"""Options between two configurations: the fewest that make it fail are named, with the proof from
both sides. The options are a patch's own, so that a kernel costs one object and a link."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import FILE, NODE, bisect, diff, tree_of
from running import Done

# Kernels nothing else needs, minutes to build: tox -e slow.
pytestmark = pytest.mark.slow

KCONFIG = "lib/Kconfig.debug"
# B needs A. It fails with B and without OLD.
OPTIONS = """
config ORCH_OLD
	bool "Old way"

config ORCH_ONE
	bool "One of no import"

config ORCH_A
	bool "What B needs"

config ORCH_B
	bool "The new way"
	depends on ORCH_A

config ORCH_TWO
	int "A number of no import"
	default 2
"""
FAULT = """
#if defined(CONFIG_ORCH_B) && !defined(CONFIG_ORCH_OLD)
	create->node = NUMA_NO_NODE;
#else
	create->node = node;
#endif
"""
GOOD = "CONFIG_ORCH_OLD=y\n# CONFIG_ORCH_A is not set\n"
BAD = """# CONFIG_ORCH_OLD is not set
CONFIG_ORCH_ONE=y
CONFIG_ORCH_A=y
CONFIG_ORCH_B=y
CONFIG_ORCH_TWO=22
# The guest cannot do without, so this is not how it is tried:
# CONFIG_KUNIT is not set
"""


def option_files(tree: Path, built: str) -> dict[str, str]:
    """Two whole .config files, "good" and "bad", and "patch", which has their options. built: the
    .config of a kernel that was built."""
    kconfig, code = (tree / KCONFIG).read_text(), (tree / FILE).read_text()
    patch = diff(KCONFIG, kconfig, kconfig + OPTIONS)
    patch += diff(FILE, code, code.replace(f"\t{NODE}\n", FAULT, 1))
    return {"good": built + GOOD, "bad": built + BAD, "patch": patch}


@pytest.fixture
def ends(green: Done, tmp_path: Path) -> tuple[str, ...]:
    """Arguments: whole .config files, and the patch."""
    texts = option_files(tree_of(green), (green.run_dir / "kernel.config").read_text())
    patch = tmp_path / "options.patch"
    patch.write_text(texts["patch"])
    for name in ("good", "bad"):
        (tmp_path / f"{name}.config").write_text(texts[name])
    return (
        "--config-good", str(tmp_path / "good.config"), "--config-bad",
        str(tmp_path / "bad.config"), "--patch", str(patch), "--suite", "placement",
    )  # fmt: skip


def test_the_options_are_named(ends: tuple[str, ...], tmp_path: Path) -> None:
    result = bisect(tmp_path, *ends)
    assert result["word"] == "found" and result["sure"] >= 0.9, result
    found = {change["name"]: (change["good"], change["bad"]) for change in result["culprits"]}
    assert found == {
        "CONFIG_ORCH_OLD": ("y", "n"), "CONFIG_ORCH_A": ("n", "y"), "CONFIG_ORCH_B": ("n", "y"),
    }  # fmt: skip
    assert len(result["differing"]) == 5 and result["brings"] == []
    assert result["with_it"]["bad"] and not result["with_it"]["good"]
    assert result["without"]["good"] and not result["without"]["bad"]
    assert any("CONFIG_KUNIT=n" in note for note in result["notes"])
    # A configuration is built once, however many rounds ask for it.
    keys = [tried["key"] for tried in result["configs"]]
    assert len(set(keys)) == len(keys)
    for built in result["builds"]:
        assert Path(built["run_dir"], "kernel.config").is_file()

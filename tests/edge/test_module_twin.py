# SPDX-License-Identifier: GPL-2.0-only
"""A module is taken from the kernel this one started from only if it would be the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_kbuild import FILES, Builds, small_tree, write

from orchestrator.edge import kmod, preflight
from orchestrator.edge.snapshot import adopt
from orchestrator.edge.store import Store
from orchestrator.model.job import BuiltKernel, BuiltModule, KernelConfig, Option
from orchestrator.model.progress import silent

KTHREAD = FILES["kernel/kthread.c"]


class Modules:
    """Kernels of one tree and their modules; made: the kernels make was started for."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.tree = small_tree(folder / "linux")
        self.builds = Builds(Store(folder / "store"), folder / "build.log")
        self.made: list[str] = []
        self.lists = True
        patch.setattr(kmod, "_make", self._make)
        patch.setattr(preflight, "preflight", lambda *_: None)

    def _make(self, kernel: BuiltKernel, entry: Path, log: Path) -> None:
        self.made.append(kernel.key)
        (entry / "orch_core.ko").write_text(kernel.key)
        if self.lists:
            (entry / ".orch_core.o.cmd").write_text("a.h $(wildcard include/config/SEEN)\n")

    def module(self, *options: str) -> tuple[BuiltKernel, BuiltModule]:
        store = self.builds.store
        asked = tuple(Option(f"CONFIG_{name}", "y", "f", 1) for name in options)
        config = KernelConfig(("small",), asked)
        kernel = self.builds.build(adopt(self.tree, store, silent), config=config, any_config=True)
        return kernel, kmod.build_module(kernel, store, self.builds.log, silent)


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Modules:
    return Modules(tmp_path, monkeypatch)


def test_lines_of_a_c_file_leave_the_module_as_it_is(modules: Modules) -> None:
    first, module = modules.module()
    for number in (7, 8):
        write(modules.tree / "kernel/kthread.c", KTHREAD.replace("return", f"return {number} +"))
        kernel, twin = modules.module()
        assert modules.builds.inherited and not twin.cached
        assert twin.core.read_bytes() == module.core.read_bytes()
    assert kernel.relative != first.key  # a chain
    assert modules.made == [first.key]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("include/linux/kthread.h", "#define KTHREAD 9\n"),
        ("kernel/Makefile", FILES["kernel/Makefile"] + "# more\n"),
        ("kernel/bounds.c", "int bounds;\n"),
        ("kernel/kthread.c", KTHREAD + "/* EXPORT kthread */\n"),
        ("Kconfig", "CONFIG_LARGE=y\n"),
    ],
)
def test_what_a_module_may_see_makes_another(modules: Modules, file: str, text: str) -> None:
    first, _ = modules.module()
    write(modules.tree / file, text)
    second, _ = modules.module()
    assert modules.builds.inherited
    assert modules.made == [first.key, second.key]


def test_a_relative_without_a_module_of_its_own(modules: Modules) -> None:
    first, _ = modules.module()
    store = modules.builds.store
    write(modules.tree / "kernel/kthread.c", KTHREAD + "int more;\n")
    modules.builds.build(adopt(modules.tree, store, silent))
    write(modules.tree / "kernel/kthread.c", KTHREAD + "int other;\n")
    modules.builds.build(adopt(modules.tree, store, silent))
    modules.module()
    assert modules.made == [first.key]


def test_a_change_further_back_counts(modules: Modules) -> None:
    first, _ = modules.module()
    store = modules.builds.store
    write(modules.tree / "include/linux/kthread.h", "#define KTHREAD 9\n")
    modules.builds.build(adopt(modules.tree, store, silent))
    write(modules.tree / "kernel/kthread.c", KTHREAD + "int other;\n")
    last, _ = modules.module()
    assert modules.made == [first.key, last.key]


def test_a_relative_that_was_removed(modules: Modules) -> None:
    first, _ = modules.module()
    write(modules.tree / "kernel/kthread.c", KTHREAD + "int more;\n")
    store = modules.builds.store
    modules.builds.build(adopt(modules.tree, store, silent))
    (first.src.parent / "kernel.json").unlink()
    second, _ = modules.module()
    assert modules.made == [first.key, second.key]


def test_nothing_changed(modules: Modules) -> None:
    first, _ = modules.module()
    kernel, module = modules.module()
    assert kernel.cached and module.cached
    assert modules.made == [first.key]


def test_options_that_no_part_of_the_module_names_leave_it_as_it_is(modules: Modules) -> None:
    first, module = modules.module()
    for options in (("APART",), ("APART", "FURTHER"), ("FURTHER",)):
        kernel, twin = modules.module(*options)
        assert modules.builds.inherited and kernel.key != first.key
        assert twin.core.read_bytes() == module.core.read_bytes()
    assert modules.made == [first.key]


@pytest.mark.parametrize("why", ["named", "in a makefile", "in scripts", "no list", "generated"])
def test_options_that_the_module_may_see_make_another(modules: Modules, why: str) -> None:
    option = "SEEN" if why == "named" else "APART"
    named = {"in a makefile": "arch/x86/Makefile", "in scripts": "scripts/Makefile.modpost"}
    if why in named:
        write(modules.tree / named[why], "ifdef CONFIG_APART\n")
    if why == "generated":
        offsets = "\t@grep -c APART .config > include/generated/offsets.h || true\n"
        top = FILES["Makefile"].replace(
            "modules: FORCE\n\t@grep", f"modules: FORCE\n{offsets}\t@grep"
        )
        assert offsets in top
        write(modules.tree / "Makefile", top)
    modules.lists = why != "no list"
    first, _ = modules.module()
    second, _ = modules.module(option)
    assert modules.builds.inherited
    assert modules.made == [first.key, second.key]

# SPDX-License-Identifier: GPL-2.0-only
"""Which suites a change touches, by the symbols of objects that gcc makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orchestrator.edge.suite_reach import touched_suites
from orchestrator.model.job import BuiltKernel, BuiltModule, Suite

# What kernel and modules are made of: C file → text.
KERNEL = {
    "kernel/kthread.c": "int kthread(void) { return 1; }\nstatic int own(void) { return 2; }\n"
    "int parked(void) { return own(); }\n",
    "mm/slub.c": "int slub(void) { return 1; }\nint shared(void) { return 2; }\n",
    "mm/alone.c": "int alone(void) { return 1; }\n",
}
MODULES = {
    "orch_core": "int shared(void);\nint core(void) { return shared(); }\n",
    "orch_create": "int kthread(void);\nint core(void);\n"
    "int a(void) { return kthread() + core(); }\n",
    "orch_park": "int parked(void);\nint core(void);\nint b(void) { return parked() + core(); }\n",
    "orch_mm": "int alone(void);\nint slub(void);\nint c(void) { return slub() + alone(); }\n",
}


def compiled(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["gcc", "-O0", "-xc", "-", "-c", "-o", str(place)], input=text, text=True, check=True
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[BuiltKernel, BuiltModule]:
    top = tmp_path_factory.mktemp("reach")
    for file, text in KERNEL.items():
        compiled((top / "obj" / file).with_suffix(".o"), text)
    for name, text in MODULES.items():
        compiled(top / f"{name}.ko", text)
    kernel = BuiltKernel("k", "7", top, top / "obj", top, top, top, cached=False)
    suites = tuple(
        (Suite(name, name, ""), top / f"{name}.ko") for name in MODULES if name != "orch_core"
    )
    return kernel, BuiltModule("m", top / "orch_core.ko", suites, cached=False)


@pytest.mark.parametrize(
    ("files", "suites", "why"),
    [
        (["kernel/kthread.c"], ("orch_create", "orch_park"), "call into kernel/kthread.c"),
        (["mm/alone.c"], ("orch_mm",), "call into mm/alone.c"),
        (["mm/alone.c", "Documentation/x.rst", "drivers/absent.c"], ("orch_mm",), "mm/alone.c"),
        (["mm/slub.c"], (), "what they share calls into mm/slub.c"),
        (["kernel/kthread.c", "mm/alone.c"], (), "all suites"),
        (["include/linux/kthread.h", "mm/alone.c"], (), "may change anything"),
        (["kernel/Makefile"], (), "may change anything"),
        (["drivers/absent.c"], (), "no changed file has an object"),
        (["Documentation/x.rst"], (), "no changed file has an object"),
        (["../../etc/passwd.c"], (), "no changed file has an object"),
        ([], (), "no changed file has an object"),
    ],
)
def test_touched(
    built: tuple[BuiltKernel, BuiltModule], files: list[str], suites: tuple[str, ...], why: str
) -> None:
    found, said = touched_suites(files, *built)
    assert found == suites and why in said


def test_an_object_that_is_none(built: tuple[BuiltKernel, BuiltModule]) -> None:
    (built[0].obj / "kernel/odd.o").write_text("no ELF")
    assert touched_suites(["kernel/odd.c"], *built)[0] == ()

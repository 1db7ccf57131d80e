# SPDX-License-Identifier: GPL-2.0-only
"""Suites read from an image that gcc and ld made as the kernel's are, for any length of a case."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orchestrator.edge.built_in import built_in_suites
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.job import BuiltInSuite, BuiltKernel

# more: of struct kunit_case, behind function and name. one: a suite with a single case.
SOURCE = """
struct unit_case { void (*run)(void); const char *name; void *more[MORE]; };
struct unit_suite { char name[256]; void *calls[4]; struct unit_case *cases; long more[40]; };
void run(void) {}
void etext(void) __attribute__((section(".text.z")));
void etext(void) {}
static struct unit_case one[] = { { run, "only" }, {} };
static struct unit_case many[] = {
  { run, "first", { run } }, { run, "second_2" }, { run, "third" }, {}
};
static struct unit_case early[] = { { run, "at_init" }, {} };
static struct unit_case none[] = { {} };
static struct unit_suite d = { "empty", {}, none };
static struct unit_suite a = { "list-kunit-test", {}, many };
static struct unit_suite b = { "has a blank", {}, one };
static struct unit_suite c = { "early", {}, early };
struct unit_suite *suites[] = { SUITES };
struct unit_suite *init_suites[] = { &c };
int main(void) { return 0; }
"""


def made(folder: Path, more: int = 7, suites: str = "&a, &b") -> BuiltKernel:
    """vmlinux and its System.map."""
    (folder / "v.c").write_text(SOURCE)
    vmlinux = folder / "vmlinux"
    subprocess.run(
        [
            "gcc",
            "-no-pie",
            f"-DMORE={more}",
            f"-DSUITES={suites}",
            *("-o", vmlinux, folder / "v.c"),
        ],
        check=True,
    )
    listed = subprocess.run(["nm", vmlinux], capture_output=True, text=True, check=True).stdout
    at = {
        line.split()[-1]: int(line.split()[0], 16) for line in listed.splitlines() if line[0] != " "
    }
    count = len(suites.split(",")) if suites else 0
    marks = {
        "__kunit_suites_start": at["suites"],
        "__kunit_suites_end": at["suites"] + 8 * count,
        "__kunit_init_suites_start": at["init_suites"],
        "__kunit_init_suites_end": at["init_suites"] + 8,
        "_text": at["_init"],
        "_etext": at["_fini"],
    }
    (folder / "System.map").write_text("".join(f"{v:016x} D {k}\n" for k, v in marks.items()))
    return BuiltKernel("k", "7", folder, folder, vmlinux, folder, folder, cached=True)


@pytest.mark.parametrize("more", [3, 7, 12])
def test_suites_and_cases(tmp_path: Path, more: int) -> None:
    assert built_in_suites(made(tmp_path, more)) == (
        BuiltInSuite("early", ("at_init",)),
        BuiltInSuite("list-kunit-test", ("first", "second_2", "third")),
        BuiltInSuite("has a blank", ("only",)),
    )


def test_one_without_cases_is_not_in_the_file_and_does_not_hide_the_others(tmp_path: Path) -> None:
    found = built_in_suites(made(tmp_path, suites="&a, &d"))
    assert [len(suite.cases) for suite in found] == [1, 3, 0]


def test_none(tmp_path: Path) -> None:
    kernel = made(tmp_path)
    (tmp_path / "System.map").write_text("ffffffff81000000 T _text\n")
    assert built_in_suites(kernel) == ()


def test_a_damaged_image_is_no_empty_list(tmp_path: Path) -> None:
    kernel = made(tmp_path)
    kernel.vmlinux.write_bytes(b"\x7fELF")
    with pytest.raises(InfrastructureError):
        built_in_suites(kernel)
    (tmp_path / "System.map").unlink()
    with pytest.raises(InfrastructureError):
        built_in_suites(kernel)

# SPDX-License-Identifier: GPL-2.0-only
"""Kernels, modules and suites by clang. What needs one built is slow: it is nobody else's."""

from __future__ import annotations

import re
import shutil

import pytest
from running import BUGS, CLEAN, PATCHES, RED_SUITES, Boot, Compare, Done

from orchestrator.edge.toolchain import compiler_version
from orchestrator.model.toolchain import PACKAGES, tool

OLDEST = 17  # that 7.3 takes (scripts/min-tool-version.sh)


def newest() -> str:
    """--llvm= of the newest clang here that current trees take; "" if there is none."""
    for value in ("1", *(f"-{number}" for number in range(40, OLDEST - 1, -1))):
        if all(shutil.which(tool(name, value)) for name in PACKAGES):
            version = compiler_version(tool("gcc", value))
            if int(version.partition(".")[0] or 0) >= OLDEST:
                return value
    return ""


def too_old() -> str:
    """The same of one that they do not take."""
    versions = (f"-{number}" for number in range(13, OLDEST))
    return next((v for v in versions if all(shutil.which(tool(n, v)) for n in PACKAGES)), "")


def test_tools_that_are_missing_are_told_before_anything_is_built(boot: Boot) -> None:
    done = boot("--llvm=977")
    assert (done.returncode, done.run) == (3, {}), done.explain()
    assert "clang-977" in done.stderr and "apt-get install clang-977 lld-977" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_environment_is_read_as_make_reads_it(
    boot: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLVM", "0")
    done = boot()
    assert (done.returncode, done.run) == (2, {}), done.explain()
    monkeypatch.setenv("LLVM", "-977")
    assert boot().returncode == 3


@pytest.mark.skipif(not too_old(), reason="every clang here is new enough")
def test_one_that_the_tree_does_not_take_is_told_with_both_versions(boot: Boot) -> None:
    done = boot(f"--llvm={too_old()}")
    assert done.returncode == 2, done.explain()
    assert re.search(r"clang-\d+ is [\d.]+, and this tree wants [\d.]+ or later", done.stderr)


built = pytest.mark.skipif(not newest(), reason="apt-get install clang-19 lld-19 llvm-19")


@pytest.fixture(scope="module")
def by_clang(boot: Boot) -> Done:
    return boot(f"--llvm={newest()}", timeout_s=7200)


@pytest.mark.slow
@built
def test_all_suites_are_green(by_clang: Done) -> None:
    assert (by_clang.returncode, by_clang.verdict) == (0, "pass"), by_clang.explain()


@pytest.mark.slow
@built
def test_run_and_kernel_say_who_compiled_them(by_clang: Done) -> None:
    names = [name for name, _ in by_clang.run["tools"]]
    assert names == ["qemu-system-x86_64", tool("gcc", newest()), tool("ld", newest())]
    assert by_clang.run["llvm"] == newest()
    assert "CONFIG_CC_IS_CLANG=y" in (by_clang.run_dir / "kernel.config").read_text()
    log = (by_clang.run_dir / "dmesg.log").read_text(errors="replace")
    assert re.search(r"Linux version .*clang version", log)


@pytest.mark.slow
@built
@pytest.mark.parametrize(
    ("suite", "verdict"), [("orch_red_fail", "fail"), ("orch_red_oops", "crash")]
)
def test_a_red_suite_is_red(boot: Boot, suite: str, verdict: str) -> None:
    done = boot(f"--llvm={newest()}", "--kmod", str(RED_SUITES), "--suite", suite)
    assert (done.returncode, done.verdict) == (1, verdict), done.explain()


@pytest.mark.slow
@built
def test_a_bad_patch_is_red(boot: Boot) -> None:
    done = boot(f"--llvm={newest()}", "--patch", str(PATCHES / "node-ignored.patch"))
    assert (done.returncode, done.verdict) == (1, "fail"), done.explain()


@pytest.mark.slow
@built
def test_a_patch_that_does_not_compile_is_the_patchs_fault(boot: Boot) -> None:
    done = boot(f"--llvm={newest()}", "--patch", str(PATCHES / "does-not-compile.patch"))
    assert (done.returncode, done.verdict) == (1, "build-broken"), done.explain()
    assert any("error:" in line["text"] for one in done.run["findings"] for line in one["evidence"])


@pytest.mark.slow
@built
def test_compare_names_a_leak_with_its_case(compare: Compare) -> None:
    words = (f"--llvm={newest()}", "--config", "numa")
    code, found, said = compare(*words, "--patch", str(BUGS / "create-info-leak.patch"))
    assert (code, found["verdict"]) == (1, "differs"), said
    leaks = [each for each in found["differences"] if each["kind"] == "leak"]
    assert any("__kthread_create_on_node" in each["title"] for each in leaks), said
    assert any(each["where"].startswith("orch_") for each in leaks), said
    assert "the fragment gcov is not in --config" in said


@pytest.mark.slow
@built
def test_compare_has_nothing_to_say_of_a_clean_patch(compare: Compare) -> None:
    patch = str(CLEAN / "extract-helper.patch")
    code, found, said = compare(f"--llvm={newest()}", "--patch", patch)
    assert (code, found["verdict"]) == (0, "same"), said
    states = {line["state"] for line in found["cells"][0]["coverage"]}
    assert "run" in states and "unknown" not in states, said


@pytest.mark.slow
@built
def test_kasan_is_green_and_names_what_was_freed(boot: Boot) -> None:
    words = (f"--llvm={newest()}", "--config", "numa,kasan", "--suite", "create")
    done = boot(*words, "--suite", "worker", timeout_s=7200)
    assert (done.returncode, done.verdict) == (0, "pass"), done.explain()
    assert "kasan does not watch variables on stacks" in done.stdout
    bad = boot(*words, "--patch", str(BUGS / "free-twice-name.patch"))
    assert (bad.returncode, bad.verdict) == (1, "crash"), bad.explain()
    assert re.search(r"KASAN: double-free in free_kthread_struct", bad.stdout), bad.explain()

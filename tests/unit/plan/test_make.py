# SPDX-License-Identifier: GPL-2.0-only
"""What make prints, as progress, errors and warnings. The logs are of real builds, shortened."""

from __future__ import annotations

import pytest

from orchestrator.model.toolchain import Toolchain
from orchestrator.plan import make

BROKEN = """\
  CALL    scripts/checksyscalls.sh
  CC      kernel/kthread.o
kernel/kthread.c: In function 'kthread_create_worker_on_node':
kernel/kthread.c:1102:9: warning: unused variable 'node' [-Wunused-variable]
kernel/kthread.c:1107:16: error: implicit declaration of function 'no_such' [-Werror]
 1107 |         return no_such(cpu);
      |                ^~~~~~~
kernel/kthread.c:1102:9: warning: unused variable 'node' [-Wunused-variable]
cc1: some warnings being treated as errors
make[3]: *** [scripts/Makefile.build:287: kernel/kthread.o] Error 1
make[2]: *** [scripts/Makefile.build:544: kernel] Error 2
make: *** [Makefile:248: __sub-make] Error 2
""".splitlines()


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("  CC      kernel/fork.o", "kernel/fork.o"),
        ("  CC [M]  orch_core.o", "orch_core.o"),
        ("  AS      arch/x86/entry/entry_64.o", "arch/x86/entry/entry_64.o"),
        ("  HOSTCC  scripts/basic/fixdep", "scripts/basic/fixdep"),
        ("  LD [M]  orch_create_test.ko", "orch_create_test.ko"),
        ("  AR      built-in.a", "built-in.a"),
        ("  HOSTLD  scripts/mod/modpost", "scripts/mod/modpost"),
        ("  CALL    scripts/checksyscalls.sh", None),
        ("  SYNC    include/config/auto.conf", None),
        ("CC kernel/fork.o", None),
        ("make[1]: Entering directory '/o'", None),
        ("", None),
    ],
)
def test_step(line: str, made: str | None) -> None:
    assert make.step(line) == made


def test_the_compiler_explains_a_failure_and_not_make() -> None:
    assert make.first_errors(BROKEN) == (
        "kernel/kthread.c:1107:16: error: implicit declaration of function 'no_such' [-Werror]",
    )


@pytest.mark.parametrize(
    "line",
    [
        "kernel/a.c:3:10: fatal error: linux/none.h: No such file or directory",
        "ld: vmlinux.o: in function `f': (.text+0x1): undefined reference to `g'",
        'ERROR: modpost: "kthread_bind" [orch_core.ko] undefined!',
        "error: cannot find the kernel sources",
        "arch/x86/a.S: Assembler messages:",
        "ld.lld: error: undefined symbol: g",
    ],
)
def test_lines_that_explain(line: str) -> None:
    assert make.first_errors(["  CC      a.o", line, "make: *** [a.o] Error 1"]) == (line,)


def test_without_a_better_word_make_itself_is_quoted() -> None:
    log = ["  CC      a.o", "make: *** No rule to make target 'b'.  Stop."]
    assert make.first_errors(log) == (log[1],)
    assert make.first_errors(["  CC      a.o"]) == ()


def test_errors_are_few() -> None:
    many = [f"a.c:{n}:1: error: no" for n in range(50)]
    assert make.first_errors(many) == tuple(many[:5])
    assert make.first_errors(iter(many), limit=2) == tuple(many[:2])


def test_warnings_come_once_and_in_order() -> None:
    modpost = "WARNING: modpost: vmlinux: section mismatch in reference"
    assert make.warnings([*BROKEN, modpost]) == (
        "kernel/kthread.c:1102:9: warning: unused variable 'node' [-Wunused-variable]",
        modpost,
    )
    assert make.warnings(["  CC      a.o"]) == ()


def test_argv_names_the_objects_relative_to_the_tree() -> None:
    words = make.kernel_argv("/src", "obj", 4, "gcc", ("vmlinux",))
    assert words[:4] == ("make", "-C", "/src", "O=obj")
    assert {"CC=gcc", "-j4", "ARCH=x86_64"} <= set(words)
    assert words[-1] == "vmlinux"
    assert make.module_argv("/src", "obj", "/kmod", 4, "gcc")[-2:] == ("M=/kmod", "modules")


EARLIER = (
    "../kernel/fork.c:3:9: warning: unused variable 'a'",
    "../lib/crc.c:4:9: warning: unused variable 'b'",
    "mm/slub.o: warning: objtool: f() falls through",
    "WARNING: modpost: missing MODULE_DESCRIPTION() in x.o",
    "vmlinux.o: warning: objtool: g() is odd",
)


def test_warnings_of_what_was_not_made_again() -> None:
    lines = ("  CC      kernel/fork.o", "  LD      vmlinux.o")
    assert make.still_true(EARLIER, lines, frozenset()) == [EARLIER[1], EARLIER[2]]
    assert make.still_true(EARLIER, lines, frozenset({"lib/crc.c"})) == [EARLIER[2]]


def test_nothing_was_made_again() -> None:
    assert make.still_true(EARLIER, ("  CALL    x",), frozenset()) == list(EARLIER)


def test_is_the_reason_in_the_sources() -> None:
    assert make.explained(make.first_errors(BROKEN))
    missing = ["make[2]: *** No rule to make target 'kernel/fork.c'.  Stop."]
    assert not make.explained(make.first_errors(missing))


@pytest.mark.parametrize(
    "line",
    [
        "/tmp/ccABC.s: Fatal error: can't write 12 bytes: No space left on device",
        "gcc: fatal error: Killed signal terminated program cc1",
        "ld: final link failed: Read-only file system",
    ],
)
def test_a_build_that_the_host_broke(line: str) -> None:
    assert make.host_fault(("  CC      a.o", line, "make: *** [a.o] Error 1")) == line


def test_a_build_that_the_sources_broke() -> None:
    assert make.host_fault(BROKEN) == ""


def test_clang_is_named_to_make_with_all_its_tools() -> None:
    tools = Toolchain(llvm="-19")
    words = make.kernel_argv("/src", "obj", 4, "ccache clang-19", ("vmlinux",), tools)
    assert {"LLVM=-19", "CC=ccache clang-19"} <= set(words)
    assert "LLVM=-19" in make.module_argv("/src", "obj", "/kmod", 4, "clang-19", tools)
    assert not any(w.startswith("LLVM") for w in make.kernel_argv("/s", "o", 1, "gcc", ()))


def test_the_users_own_llvm_is_not_makes() -> None:
    """Without a sandbox make sees the environment: gcc with ld.lld would be nobody's wish."""
    assert make.STABLE_ENV["LLVM"] == ""


def test_clang_is_asked_for_no_flag_of_gccs_alone() -> None:
    words = " ".join(make.gcov_variables(["kthread"], "1"))
    assert "GCOV_PROFILE_kthread.o=y" in words and "-fprofile-arcs" in words
    assert "-fno-early-inlining" not in words and "-fno-tree-loop-im" not in words
    assert "-fno-early-inlining" in " ".join(make.gcov_variables(["kthread"]))
    assert make.gcov_variables([], "1") == ()


def test_a_compiler_that_the_host_killed_is_the_hosts_fault() -> None:
    said = "clang-19: error: unable to execute command: Killed"
    assert make.host_fault(["  CC kernel/fork.o", said]) == said

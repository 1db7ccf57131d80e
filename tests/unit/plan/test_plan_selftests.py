# SPDX-License-Identifier: GPL-2.0-only
"""What a build of selftests says: does the host lack something, or is the tree at fault?"""

from __future__ import annotations

import pytest

from orchestrator.model.job import Selftests
from orchestrator.plan.guest import selftest_files
from orchestrator.plan.selftests import install_argv, missing


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("/usr/bin/ld: cannot find -lcap: No such file or directory", "libcap-dev"),
        ("a.c:9:10: fatal error: sys/capability.h: No such file or directory", "libcap-dev"),
        ("a.c:9:10: fatal error: numa.h: No such file or directory", "libnuma-dev"),
        ("a.c:9:10: fatal error: orch/none.h: No such file or directory", ""),
        ("make[1]: rsync: No such file or directory", "rsync"),
        ("/bin/sh: 1: clang: not found", "clang"),
        ("Package libmnl was not found in the pkg-config search path.", "libmnl-dev"),
    ],
)
def test_the_host_lacks_it(line: str, package: str) -> None:
    assert missing(["  CC  a", f"{line}\r", "make: *** [all] Error 2"]) == (line, package)


@pytest.mark.parametrize(
    "line",
    [
        "a.c:4:16: error: 'planted' undeclared (first use in this function)",
        "a.c:3:10: fatal error: linux/gone.h: No such file or directory",
        "a.c:3:10: fatal error: ../kselftest_gone.h: No such file or directory",
        "a.c:3:10: fatal error: prog.skel.h: No such file or directory",
        "/usr/bin/ld: a.c:(.text+0x5): undefined reference to `planted'",
    ],
)
def test_the_tree_is_at_fault(line: str) -> None:
    assert missing([line]) == ("", "")


def test_a_target_that_does_not_build_fails_make() -> None:
    argv = install_argv("/src", "/out", "/to", "net/mptcp", 2)
    assert argv[:3] == ("make", "-C", "/src/tools/testing/selftests")
    assert {"FORCE_TARGETS=1", "TARGETS=net/mptcp", "SKIP_TARGETS=", "O=/out"} <= set(argv)


def test_what_the_guest_is_told() -> None:
    files = selftest_files([Selftests("a/b", ("x.sh", "y"), 45), Selftests("c", ("z",), 9)], b"#!")
    assert files == {"run.sh": b"#!", "list": b"45 a/b x.sh\n45 a/b y\n9 c z\n"}

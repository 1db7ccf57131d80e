# SPDX-License-Identifier: GPL-2.0-only
"""What a sandboxed command sees, in bwrap's words."""

from __future__ import annotations

import pytest

from orchestrator.plan import sandbox
from orchestrator.plan.sandbox import Shown

SYSTEM = (("/usr", ""), ("/bin", "usr/bin"))


def test_the_whole_line() -> None:
    shown = Shown(reads=("/t/src",), writes=("/t/src/build",), links=(("/o/cc", "/usr/bin/cc"),))
    line = " ".join(sandbox.argv("/usr/bin/bwrap", SYSTEM, shown, "/t/src", ["make", "-j2"]))
    assert line == (
        "/usr/bin/bwrap --unshare-all --cap-drop ALL --die-with-parent"
        " --ro-bind /usr /usr --symlink usr/bin /bin"
        " --dev /dev --proc /proc --tmpfs /tmp"
        " --symlink /usr/bin/cc /o/cc"
        " --ro-bind /t/src /t/src --bind /t/src/build /t/src/build"
        " --remount-ro / --chdir /t/src -- make -j2"
    )


def test_qemu_has_no_scratch_room() -> None:
    shown = Shown(devices=("/dev/null",), scratch=False)
    words = sandbox.argv("bwrap", (), shown, "/", ["qemu"])
    assert "--tmpfs" not in words and "--proc" not in words and "--dev" not in words
    assert "--dev-bind /dev/null /dev/null" in " ".join(words)


def test_an_environment_is_a_list_of_what_stays() -> None:
    ours = {"PATH": "/bin", "HOME": "/home/me", "TOKEN": "x", "SSH_AUTH_SOCK": "y", "LC_ALL": "de"}
    found = sandbox.environment(ours, {"LC_ALL": "C"})
    assert found == {"PATH": "/bin", "HOME": "/tmp", "LC_ALL": "C"}


@pytest.mark.parametrize(
    ("found", "real", "reads", "linked"),
    [
        ("/opt/gcc/bin/gcc", "/opt/gcc/bin/gcc", ("/opt/gcc",), False),
        ("/home/me/bin/gcc", "/usr/bin/gcc-14", (), True),
        ("/home/me/bin/gcc", "/opt/gcc/bin/gcc", ("/opt/gcc",), True),
        ("/home/me/bin/gcc", "/home/me/bin/gcc", ("/home/me/bin/gcc",), False),
        ("/home/me/.local/bin/gcc", "/home/me/.local/bin/gcc", ("/home/me/.local/bin/gcc",), False),
        ("/home/me/.cargo/bin/rustc", "/home/me/.cargo/bin/up", ("/home/me/.cargo/bin/up",), True),
        ("/home/me/.up/v1/bin/rustc", "/home/me/.up/v1/bin/rustc", ("/home/me/.up/v1",), False),
        ("/home/me/x/bin/gcc", "/home/me/x/bin/gcc", ("/home/me/x",), False),
        ("/home/bin/gcc", "/home/bin/gcc", ("/home/bin/gcc",), False),
        ("/srv/gcc", "/srv/gcc", ("/srv/gcc",), False),
        ("/sw/gcc", "/bin/gcc", (), True),
    ],
)
def test_a_program_of_ones_own_brings_no_home_along(
    found: str, real: str, reads: tuple[str, ...], linked: bool
) -> None:
    links = ((found, real),) if linked else ()
    assert sandbox.program(found, real, "/home/me") == Shown(reads=reads, links=links)


def test_the_system_is_not_outside() -> None:
    assert not any(map(sandbox.outside, ("/usr/bin/gcc", "/bin/sh", "/lib64/ld.so", "/usr")))
    assert all(map(sandbox.outside, ("/usrlocal/gcc", "/opt/x", "/home/me/bin/gcc")))

# SPDX-License-Identifier: GPL-2.0-only
"""gdb's command line, where a module's sections are, and QEMU's part of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from test_plan_qemu import BOOT

from orchestrator.plan import gdb, qemu, replay


def test_the_command_line_keeps_the_order_given() -> None:
    commands = (("ex", "bt"), ("x", "/a b/c.gdb"), ("ex", "quit 3"))
    words = gdb.argv("gdb", "/k/vmlinux", "/d/start.py", commands, batch=True)
    assert words[:4] == ("gdb", "-q", "-nx", "-batch")
    at = words.index("/k/vmlinux")
    given = ("-x", "/d/start.py", "-ex", "bt", "-x", "/a b/c.gdb", "-ex", "quit 3")
    assert words[at + 1 :] == given
    assert "-batch" not in gdb.argv("gdb", "v", "s", (), batch=False)


def test_nothing_beside_vmlinux_and_no_network_is_asked() -> None:
    words = gdb.argv("gdb", "v", "s", (), batch=False)
    assert "set auto-load off" in words and "set debuginfod enabled off" in words
    assert words.index("set auto-load off") < words.index("v")


SECTIONS = [("", 0, 0), (".text", 2, 64), (".comment", 0, 9), (".data", 2, 8), (".init.text", 2, 4)]


def test_a_section_is_where_its_first_symbol_is() -> None:
    rows = [(0, 0), (1, 0), (3, 0), (1, 16), (0xFFF1, 5)]
    found = gdb.sections(SECTIONS, rows)
    assert found[".text"] == (1, 0, 64) and found[".data"] == (2, 0, 8)
    assert ".comment" not in found


def test_a_symbol_inside_a_section_will_do() -> None:
    assert gdb.sections(SECTIONS, [(0, 0), (1, 48)])[".text"] == (1, 48, 64)


@pytest.mark.parametrize("name", [".data..percpu", ".modinfo", "__versions"])
def test_what_the_kernel_keeps_elsewhere_is_nowhere(name: str) -> None:
    found = gdb.sections([("", 0, 0), (name, 2, 32), (".bss", 2, 1)], [(0, 0), (1, 0)])
    places = [-value for index, value, _ in found.values() if index == 0]
    assert len(places) == 2 == len(set(places))
    assert all(place >= gdb.NOWHERE for place in places)


def test_paths_gdb_cannot_be_told_of() -> None:
    assert gdb.refused(["/a", "/b\nquit", "/c"]) == "/b\nquit"
    assert gdb.refused(["/a b", ""]) == ""


def test_the_stub_is_on_a_descriptor_and_never_on_a_port() -> None:
    words = qemu.argv(replace(BOOT, qmp_socket="", gdb_fd=7))
    assert words[words.index("-gdb") + 1] == "chardev:gdb"
    assert "socket,id=gdb,fd=7,server=on,wait=off" in words
    assert "-S" in words and "-qmp" not in words and not any("tcp:" in word for word in words)
    assert "-gdb" not in qemu.argv(BOOT)


def test_a_machine_whose_state_is_kept_has_no_monitor_of_others() -> None:
    boot = replace(BOOT, monitor_fd=9)
    assert "socket,id=monitor,fd=9,server=on,wait=off" in qemu.argv(boot)
    assert qemu.kept_fds(boot) == (9,)
    made = replace(boot, state=qemu.State.MADE, ram_dir="/r")
    assert not any("id=monitor" in word for word in qemu.argv(made))


def test_the_machine_by_hand_has_nobody_who_listens() -> None:
    boot = replace(BOOT, monitor_fd=9, session_dir="/s", state=qemu.State.FORKED, ssh_port=22)
    bare = replay.by_hand(boot)
    assert (bare.monitor_fd, bare.session_dir, bare.ssh_port) == (-1, "", 0)
    assert bare.state is qemu.State.NONE and not bare.qmp_socket

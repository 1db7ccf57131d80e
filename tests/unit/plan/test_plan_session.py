# SPDX-License-Identifier: GPL-2.0-only
"""The machine and the job of a session."""

from __future__ import annotations

import subprocess

import pytest
from msgspec.structs import replace
from test_plan_qemu import BOOT, values

from orchestrator.model.session import DEBIAN, Session, Talk
from orchestrator.plan.guest import session_files
from orchestrator.plan.qemu import State, argv, sockets
from orchestrator.plan.replay import script

SESSION = replace(BOOT, session=True, session_dir="/s")


def chardevs(boot: object) -> dict[str, str]:
    found = values(boot, "-chardev")  # type: ignore[arg-type]
    return {value.partition("id=")[2].partition(",")[0]: value for value in found}


def test_a_session_has_sockets_and_a_log() -> None:
    found = chardevs(SESSION)
    assert found["console"] == "socket,id=console,path=/s/console,logfile=/r/console.log"
    assert found["input"] == "socket,path=/s/input,id=input"
    assert sockets(SESSION) == ("/s/console", "/s/input", "/s/output", "/s/errors")


def test_a_fork_goes_on_with_the_log() -> None:
    fork = replace(SESSION, state=State.FORKED, ram_dir="/m")
    assert chardevs(fork)["console"].endswith(",logappend=on")


@pytest.mark.parametrize("state", [State.MADE, State.NONE])
def test_a_state_and_a_replay_have_the_same_devices(state: State) -> None:
    made = replace(SESSION, state=state, session_dir="", ram_dir="/m")
    assert not any("socket" in value for value in chardevs(made).values())
    devices = [value for value in values(made, "-device") if "virtserial" in value]
    assert devices == [value for value in values(SESSION, "-device") if "virtserial" in value]


def test_other_machines_have_none_of_it() -> None:
    line = " ".join(argv(BOOT))
    assert not any(word in line for word in ("socket,id", "nr=7", "virtio-blk", "netdev"))


def test_the_disk_is_only_read() -> None:
    [disk] = values(replace(SESSION, disk="/a,b/root"), "-blockdev")
    assert "read-only=on" in disk and disk.endswith("filename=/a,,b/root")


def test_the_network_leads_nowhere_and_listens_on_loopback() -> None:
    [net] = values(replace(SESSION, network=True, ssh_port=2222), "-netdev")
    assert "restrict=on" in net and "hostfwd=tcp:127.0.0.1:2222-" in net
    made = replace(SESSION, network=True, ssh_port=2222, state=State.MADE, ram_dir="/m")
    assert "hostfwd" not in " ".join(argv(made))


def test_the_replay_script_asks_for_no_socket() -> None:
    text = script(SESSION, "initrd.cpio", "job.cpio")
    assert "path=/s/" not in text and "path=/dev/stdout" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("echo a; echo b",), b"a\nb\n"),
        (("printf", "%s|", "a b", "'", "$HOME", "*"), b"a b|'|$HOME|*|"),
        (("printf", "%s", "\udcff"), b"\xff"),
    ],
)
def test_arguments_arrive_as_they_are(words: tuple[str, ...], said: bytes) -> None:
    run = session_files(Session(Talk.STREAM, words), "7.3", "")["run"].replace(b"cd /root\n", b"")
    done = subprocess.run(["sh"], input=run, capture_output=True, check=False)
    assert done.stdout == said


def test_a_terminal_gets_a_login_shell() -> None:
    files = session_files(Session(Talk.TERMINAL), "7.3", "xterm; rm -rf /")
    assert b"exec /bin/sh -l" in files["run"] and b"TERM='xterm; rm -rf /'" in files["run"]
    assert b"exec /bin/bash -l" in session_files(Session(Talk.TERMINAL, (), DEBIAN), "", "")["run"]

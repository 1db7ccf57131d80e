# SPDX-License-Identifier: GPL-2.0-only
"""What a guest that has taken QEMU over would find: looked at from outside, while it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import Boot, Done
from test_red import _started, _wait_for_suite

from orchestrator.edge import sandbox


@dataclass(frozen=True)
class Machine:
    """A QEMU whose guest hangs in a suite. ours: pid of its orchestrate."""

    qemu: int
    ours: int
    run_dir: Path

    @property
    def proc(self) -> Path:
        return Path(f"/proc/{self.qemu}")

    def mounts(self) -> dict[str, str]:
        """Mount point → options, "ro,..." or "rw,...", as QEMU sees them (proc(5), mountinfo)."""
        rows = (line.split() for line in (self.proc / "mountinfo").read_text().splitlines())
        return {row[4]: row[5] for row in rows}


@pytest.fixture(scope="module")
def machine(green: Done, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    run_dir = tmp_path_factory.mktemp("contained")
    run = _started(run_dir)
    try:
        yield Machine(_wait_for_suite(run, run_dir), run.pid, run_dir)
    finally:
        run.kill()
        run.communicate(timeout=60)


def test_it_has_no_rights_and_a_filter_of_system_calls(machine: Machine) -> None:
    lines = (machine.proc / "status").read_text().splitlines()
    words = dict(line.split(":\t") for line in lines if ":\t" in line)
    assert words["Seccomp"] == "2", "no filter"
    if sandbox.warning():
        pytest.skip(sandbox.warning())
    assert int(words["CapEff"], 16) == int(words["CapPrm"], 16) == 0
    assert words["NoNewPrivs"] == "1"


def test_it_sees_no_network_and_no_process(machine: Machine) -> None:
    if sandbox.warning():
        pytest.skip(sandbox.warning())
    for name in ("net", "pid", "mnt", "ipc", "user"):
        assert (machine.proc / "ns" / name).readlink() != Path(f"/proc/self/ns/{name}").readlink()
    command = (machine.proc / "cmdline").read_bytes().split(b"\0")
    assert b"-netdev" not in command and command[command.index(b"-nic") + 1] == b"none"


def test_it_may_write_to_its_channels_alone(machine: Machine) -> None:
    """And to memory that is a copy of its own, in files whose change is noticed."""
    if sandbox.warning():
        pytest.skip(sandbox.warning())
    mounts = machine.mounts()
    writable = {path for path, options in mounts.items() if "rw" in options.split(",")}
    names = {Path(path).name for path in writable if str(machine.run_dir) in path}
    assert {"console.log", "results.log", "kmsg.log", "trace.log"} <= names
    assert not names & {"run.json", "plan.json", "replay.sh", "job.cpio", "initrd.cpio"}
    others = {Path(path).name for path in writable if str(machine.run_dir) not in path}
    assert others <= {"null", "kvm", "qmp", "ram0", "ram1", "ram2", "ram3"}
    root = machine.proc / "root"
    assert not (root / "etc/passwd").exists() and not (root / "proc/self").exists()
    home = Path.home().relative_to("/")
    seen = [path for path in (root / home).rglob("*") if path.is_file()]
    assert {path.name for path in seen} <= {"vmlinux", "ram0", "ram1", "ram2", "ram3"}


def test_nothing_listens(machine: Machine) -> None:
    """QEMU has connected to the one socket there was. (Who could before: tests/edge.)"""
    owned = set()
    for pid in (machine.qemu, machine.ours):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(entry)  # noqa: PTH115
            if target.startswith("socket:["):
                owned.add(target[8:-1])
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    mine = [row for row in rows if row[6] in owned]
    assert mine, "not even the connection to QEMU"
    assert not [row for row in mine if row[3] == "00010000"]  # __SO_ACCEPTCON: it listens
    for name in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        assert not [line for line in lines if line.split()[9] in owned]


def test_a_run_without_a_sandbox_says_so(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.VARIABLE, "never")
    done = boot("--suite", "names")
    assert done.verdict == "pass", done.explain()
    assert done.run["sandbox"] == {"name": "none", "reason": "ORCHESTRATE_SANDBOX=never"}
    assert "note: no sandbox" in done.stdout


def test_replay_needs_no_sandbox(green: Done) -> None:
    """bwrap is not in it, QEMU's own filter is."""
    script = (green.run_dir / "replay.sh").read_text()
    assert "bwrap" not in script and "-sandbox on,obsolete=deny" in script

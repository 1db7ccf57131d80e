# SPDX-License-Identifier: GPL-2.0-only
"""The socket through which a machine is commanded, as QEMU finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from orchestrator.edge import qemu, sandbox
from orchestrator.model import rundir
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import silent
from orchestrator.model.topology import Node, Topology
from orchestrator.plan.deadlines import Deadlines
from orchestrator.plan.qemu import Boot

# In QEMU's place: says what it sees of the socket and of its folder, and ends.
LOOK = """\
#!/bin/sh
for word; do
	case $word in unix:*) file=${word#unix:} ;; esac
done
stat -c '%a %F' "$file" "${file%/*}"
"""


@pytest.fixture
def boot(tmp_path: Path) -> Iterator[Boot]:
    program = tmp_path / "qemu"
    program.write_text(LOOK)
    program.chmod(0o755)
    for name in ("run", "vmlinux", "initrd"):
        (tmp_path / name).mkdir() if name == "run" else (tmp_path / name).touch()
    (tmp_path / "run" / rundir.JOB).touch()
    with qemu.control_socket() as socket:
        yield Boot(
            qemu=str(program), accelerator="tcg", cpu_model="max", firmware="",
            vmlinux=str(tmp_path / "vmlinux"), initrd=str(tmp_path / "initrd"),
            run_dir=str(tmp_path / "run"), topology=Topology("one", "", (Node(0, (0,), 128),)),
            qmp_socket=socket,
        )  # fmt: skip


def seen(boot: Boot) -> list[str]:
    watched = qemu.Watched("9f3c", 1, Deadlines(), silent)
    with pytest.raises(InfrastructureError, match="QEMU did not start"):
        qemu.run_vm(boot, watched)
    return (Path(boot.run_dir) / rundir.QEMU_LOG).read_text().splitlines()


def test_only_we_may_connect(boot: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sandbox.VARIABLE, "never")  # inside, the folder is another one
    sandbox.found.cache_clear()
    assert seen(boot) == ["600 socket", "700 directory"]
    sandbox.found.cache_clear()


def test_the_sandbox_has_it_too(boot: Boot) -> None:
    assert seen(boot)[0] == "600 socket"


def test_a_path_with_commas_and_blanks(boot: Boot, tmp_path: Path) -> None:
    """Which QEMU's own options must write twice, and bwrap's must not."""
    odd = tmp_path / "a, b"
    (tmp_path / "run").rename(odd)
    assert seen(replace(boot, run_dir=str(odd)))[0] == "600 socket"
    assert (odd / rundir.CONSOLE).is_file()

# SPDX-License-Identifier: GPL-2.0-only
"""The replay script: a shell accepts it, and it starts the very machine of the run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace
from test_plan_qemu import BOOT

from orchestrator.plan.qemu import PORTS, Boot, State, argv
from orchestrator.plan.replay import script

# A stand-in for QEMU: what matters here is the argv the script builds.
SHOW_ARGS = '#!/bin/sh\nprintf \'%s\\n\' "$@" "stdin: $(cat)"\n'


def replayed(boot: Boot, folder: Path, *more: str) -> list[str]:
    """The arguments the script in `folder` hands to its QEMU."""
    path = folder / "replay.sh"
    (folder / "job.cpio").write_text("the job")
    path.write_text(script(boot, "initrd.cpio", "job.cpio"))
    done = subprocess.run(
        ["sh", str(path), *more],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.fixture
def qemu(tmp_path: Path) -> str:
    program = tmp_path / "show args"
    program.write_text(SHOW_ARGS)
    program.chmod(0o755)
    return str(program)


def test_it_starts_the_same_machine(tmp_path: Path, qemu: str) -> None:
    boot = replace(BOOT, qemu=qemu, vmlinux="/k with space/o'brien/$HOME/vmlinux")
    words = replayed(boot, tmp_path)
    assert words[words.index("-kernel") + 1] == boot.vmlinux
    assert words[words.index("-initrd") + 1] == f"{tmp_path}/initrd.cpio"
    assert words[words.index("-append") + 1] == argv(boot)[argv(boot).index("-append") + 1]
    assert "-S" not in words and "-qmp" not in words
    assert "file,id=console,path=/dev/stdout" in words
    assert "stdio,id=job" in words and words[-1] == "stdin: the job"
    forked = replayed(replace(boot, state=State.FORKED, ram_dir="/state"), tmp_path)
    assert [word for word in forked if "path=" not in word] == [
        word for word in words if "path=" not in word
    ], "by hand it always boots"
    same = [word for word in argv(boot)[1:] if "/r/" not in word and "/s/" not in word]
    assert [word for word in same if word not in words] == [
        "-qmp",
        "-action",
        "shutdown=pause",
        "-S",
    ]


def test_channels_go_to_a_new_folder(tmp_path: Path, qemu: str) -> None:
    words = replayed(replace(BOOT, qemu=qemu), tmp_path)
    files = [word for word in words if word.startswith("file,id=") and "id=console" not in word]
    paths = [Path(word.rpartition("path=")[2]) for word in files]
    assert [path.name for path in paths] == [file for _, _, file in PORTS]
    assert {path.parent.parent for path in paths} == {tmp_path}
    assert paths[0].parent.is_dir()


def test_a_folder_with_a_space_will_do(tmp_path: Path, qemu: str) -> None:
    folder = tmp_path / "a run"
    folder.mkdir()
    words = replayed(replace(BOOT, qemu=qemu), folder)
    assert words[words.index("-initrd") + 1] == f"{folder}/initrd.cpio"


def test_further_options_are_passed_on(tmp_path: Path, qemu: str) -> None:
    assert replayed(replace(BOOT, qemu=qemu), tmp_path, "-s", "-S")[-3:-1] == ["-s", "-S"]


@pytest.mark.parametrize("vmlinux", ["/k/vmlinux", "/k with space/vmlinux", "/it's/$(id)/vmlinux"])
def test_the_shell_and_shellcheck_accept_it(tmp_path: Path, vmlinux: str) -> None:
    text = script(replace(BOOT, vmlinux=vmlinux), "initrd.cpio", "job.cpio")
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    assert vmlinux in text.replace("'\"'\"'", "'")
    if shutil.which("shellcheck"):
        # SC2016: a path may hold a dollar sign, and it must not be expanded.
        checked = subprocess.run(
            ["shellcheck", "--exclude=SC2016", "-"], input=text, text=True, capture_output=True
        )
        assert checked.returncode == 0, checked.stdout


def test_broken_shell_would_be_seen() -> None:
    text = script(BOOT, "initrd.cpio", "job.cpio") + "if true; then\n"
    assert subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True).returncode

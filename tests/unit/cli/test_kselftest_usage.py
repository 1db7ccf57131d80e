# SPDX-License-Identifier: GPL-2.0-only
"""--kselftest with what it cannot go with is wrong usage, told before anything is fetched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.session_job import FOR_SELFTESTS, FRAGMENTS, with_fragments
from orchestrator.config.fragments import combine, shipped

COMMAND = (sys.executable, "-m", "orchestrator", "boot", "--config", "numa")


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (("--suite", "create"), "--suite"),
        (("--case", "create.stop_after_exit"), "--case"),
        (("--kunit", "*"), "--kunit"),
        (("--kmod", "."), "--kmod"),
        (("--insmod", "x"), "--insmod"),
        (("--ssh",), "--ssh"),
        (("--", "true"), "a COMMAND"),
    ],
)
def test_refused(args: tuple[str, ...], named: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--kselftest", "kcmp", "--run-dir", str(tmp_path / "run"), *args],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done
    assert f"--kselftest and {named} exclude each other" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", ["compare", "series", "bisect"])
@pytest.mark.parametrize("option", ["--kunit", "--kselftest"])
def test_commands_that_do_not_take_it_say_who_does(command: str, option: str) -> None:
    argv = [*COMMAND[:3], command, option, "x"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"only orchestrate boot takes {option} so far" in done.stderr


def test_no_name_of_a_target(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--kselftest", "../kcmp"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2 and "no name of a target" in done.stderr


def test_their_kernel_has_what_they_take_for_granted() -> None:
    spec = with_fragments("numa", (FOR_SELFTESTS,))
    assert spec == ",".join(("numa", *FRAGMENTS, FOR_SELFTESTS))
    assert FOR_SELFTESTS in shipped()
    assert {"CONFIG_KCMP", "CONFIG_NUMA"} <= {one.name for one in combine(spec).options}

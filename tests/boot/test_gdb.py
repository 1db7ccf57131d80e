# SPDX-License-Identifier: GPL-2.0-only
"""`orchestrate gdb` and `orchestrate drgn` on real machines."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from running import COMMAND, RED_SUITES, Boot, Done, alive, guest_with, qemu_children

CREATE = ("--suite", "create", "--topology", "numa2")
needs_gdb = pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")


@pytest.fixture(scope="module")
def run(boot: Boot) -> Path:
    """A green run of one suite."""
    done = boot(*CREATE)
    assert done.verdict == "pass", done.explain()
    return done.run_dir


@pytest.fixture(scope="module")
def panicked(boot: Boot) -> Done:
    """A run whose guest panicked, with its memory."""
    red = ("--kmod", str(RED_SUITES), "--suite", "orch_red_panic", "--timeout", "6")
    done = boot(*red, "--topology", "numa2", "--keep-dump")
    assert done.verdict == "crash", done.explain()
    return done


def orchestrate(*args: str, timeout_s: float = 180) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *args], capture_output=True, text=True, timeout=timeout_s, check=False
    )


def gdb(run_dir: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return orchestrate("gdb", str(run_dir), "--batch", *args)


@pytest.fixture
def own_tmp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """TMPDIR of this test alone; short, as a socket's path has to be. Nothing may be left there."""
    with tempfile.TemporaryDirectory(prefix="gdb-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)
        assert not list(Path(folder).iterdir())


@needs_gdb
def test_it_stops_in_kernel_and_module_with_names_and_structures(run: Path, own_tmp: Path) -> None:
    done = gdb(
        run, "--break", "kthread_create_on_node", "-ex", "backtrace",
        "-ex", "print $current()->comm", "-ex", "delete",
        "-ex", "break many_creators", "-ex", "continue", "-ex", "backtrace",
        "-ex", "print ((struct kthread *)$current()->worker_private)->threadfn",
    )  # fmt: skip
    assert done.returncode == 0, done
    text = re.sub(r"0x[0-9a-f]+ in ", "", done.stdout)
    assert re.search(r"#0  kthread_create_on_node \(\)\n#1  init_rescuer \(\)", text), text
    assert re.search(r"kernel_init \(\)\n#\d+  ret_from_fork \(\)", text), text
    assert '= "swapper/0' in text
    assert re.search(r"#0  many_creators \(\)\n#1  kunit_try_run_case \(\)", text), text
    assert "<kunit_generic_run_threadfn_adapter>" in text
    assert "corrupt" not in done.stdout + done.stderr
    assert "no debug info" in done.stderr and "--config ...,gdb" in done.stderr


@needs_gdb
def test_scripts_and_exit_codes(run: Path, tmp_path: Path) -> None:
    script = tmp_path / "a b.gdb"
    script.write_text("echo first\\n\nquit 7\n")
    assert gdb(run, "-x", str(script)).returncode == 7
    done = gdb(run, "-ex", "echo second\\n", "-x", str(script))
    assert done.stdout.index("second") < done.stdout.index("first")
    assert gdb(run, "-ex", "print no_such_symbol").returncode == 1
    hidden = gdb(run, "-ex", f"python open({str(Path(__file__))!r})")
    assert hidden.returncode == 1 and "No such file" in hidden.stderr  # the sandbox


@needs_gdb
def test_a_panic_stops_it_where_it_happened(panicked: Done) -> None:
    done = gdb(panicked.run_dir, "-ex", "continue", "-ex", "backtrace 3", "-ex", "x/s $rdi")
    assert "the kernel panics" in done.stdout, done
    assert "orch_red: as asked" in done.stdout


@needs_gdb
def test_at_its_end_the_guest_can_still_be_looked_at(run: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    done = gdb(run, "--run-dir", str(kept), "-ex", "continue", "-ex", "backtrace")
    assert "the guest powers off" in done.stdout and "kernel_power_off" in done.stdout, done
    assert (kept / "results.log").read_text().splitlines()[-1].startswith("end ")


@needs_gdb
def test_ctrl_c_is_gdbs_and_quit_leaves_nothing(run: Path, own_tmp: Path) -> None:
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "gdb", str(run), "--break", "start_kernel"],
        timeout=60, encoding="utf-8", env={**os.environ, "TERM": "dumb"},
    )  # fmt: skip
    child.expect(r"start_kernel \(\)")
    child.expect_exact("(gdb) ")
    guests = qemu_children(child.pid)
    child.send("delete\rbreak schedule if $rdi == 1\rcontinue\r")
    child.expect("Continuing")
    time.sleep(2)
    child.send("\x03")
    child.expect("(SIGINT|hit Breakpoint)")
    child.expect_exact("(gdb) ")
    child.send("quit\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert guests and not any(alive(pid) for pid in guests)


@needs_gdb
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_if_we_are_ended(run: Path, number: int) -> None:
    words = ["gdb", str(run), "--batch", "-ex", "shell sleep 100"]
    process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    while "start_kernel" not in process.stdout.readline():
        assert process.poll() is None
    guests = qemu_children(process.pid)
    process.send_signal(number)
    assert process.wait(20) == (130 if number == signal.SIGINT else -number)
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in guests):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert guests


def test_wrong_usage(run: Path, tmp_path: Path) -> None:
    done = gdb(run, "--break", "many_creator", "-ex", "bt")
    assert done.returncode == 2 and "did you mean many_creators" in done.stderr, done
    assert gdb(run).returncode == 2
    assert gdb(run, "-x", str(tmp_path / "none")).returncode == 2
    assert orchestrate("gdb", str(tmp_path)).returncode == 2
    gone = tmp_path / "gone"
    shutil.copytree(run, gone)
    (gone / "machine.json").unlink()
    done = gdb(gone, "-ex", "bt")
    assert done.returncode == 2 and "machine.json" in done.stderr
    (gone / "machine.json").write_text('{"qemu": 1}')
    assert gdb(gone, "-ex", "bt").returncode == 2


def test_drgn_on_kept_memory(panicked: Done, run: Path, tmp_path: Path) -> None:
    where = str(panicked.run_dir)
    code = (
        "print(sorted(m.name.string_().decode() for m in for_each_module(prog)));"
        'print(len([t for t in for_each_task(prog)]) > 10, prog["init_task"].comm.string_())'
    )
    done = orchestrate("drgn", where, "-c", code)
    assert done.returncode == 0, done
    assert done.stdout == "['orch_core', 'orch_red_panic_test']\nTrue b'swapper/0'\n"
    script = tmp_path / "s.py"
    script.write_text('import sys; print(sys.argv[1:], prog["init_task"].pid.value_()); exit(9)\n')
    done = orchestrate("drgn", where, str(script), "-v")
    assert (done.returncode, done.stdout) == (9, "['-v'] 0\n"), done
    assert orchestrate("drgn", where, "-c", "1 / 0").returncode == 1
    none = orchestrate("drgn", str(run), "-c", "1")
    assert none.returncode == 2 and "--keep-dump" in none.stderr


def test_drgn_on_a_guest_that_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path))
    guest, stdin, stdout = guest_with("cat; exit 4")
    code = 'print(b"cat" in [t.comm.string_() for t in for_each_task(prog)])'
    done = orchestrate("drgn", "latest", "-c", code)
    assert (done.returncode, done.stdout) == (0, "True\n"), done
    stdin.write("goes on\n")
    stdin.close()
    assert stdout.readline() == "goes on\n"
    assert guest.wait(60) == 4
    assert not list(tmp_path.glob("*/memory.kdump"))
    assert orchestrate("drgn", "latest", "-c", "1").returncode == 2


@needs_gdb
@pytest.mark.slow
def test_with_debug_info_there_are_lines_arguments_and_lx_commands(boot: Boot) -> None:
    done = boot("--config", "numa,gdb", *CREATE)
    assert done.verdict == "pass", done.explain()
    seen = gdb(
        done.run_dir, "--break", "many_creators", "-ex", "backtrace 2", "-ex", "list",
        "-ex", "print test->name", "-ex", "lx-ps", "-ex", "lx-version",
    )  # fmt: skip
    assert seen.returncode == 0, seen
    assert re.search(r"#0 .*many_creators \(test=0x\w+\) at .*orch_create_test.c:\d+", seen.stdout)
    assert "kthreadd" in seen.stdout and "Linux version" in seen.stdout, seen
    assert "no debug info" not in seen.stderr

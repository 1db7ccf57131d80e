# SPDX-License-Identifier: GPL-2.0-only
from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestrator.cli.parse_dmesg import command
from orchestrator.model.errors import UsageError

GOLDEN = Path(__file__).parents[2] / "golden" / "parse"
PANIC = str(GOLDEN / "splat_null_deref_panic.log")
QUIET = str(GOLDEN / "quiet_boot.log")


def run(*args: str, text: bytes = b"") -> str:
    done = CliRunner().invoke(command, args, input=text)
    assert done.exit_code == 0, done.output
    return done.output


def test_an_object_a_file() -> None:
    crashed, quiet = (json.loads(line) for line in run("--json", PANIC, QUIET).splitlines())
    assert (crashed["file"], quiet["findings"]) == (PANIC, [])
    first, panic, *_ = crashed["findings"]
    keys = ("kind", "title", "function", "line", "fatal", "cause")
    assert [first[key] for key in keys] == [
        "null-deref",
        "NULL pointer dereference in kthread_queue_work",
        "kthread_queue_work",
        1,
        True,
        None,
    ]
    assert [panic[key] for key in keys] == [
        "panic",
        "kernel panic: Fatal exception",
        "",
        17,
        True,
        0,
    ]
    assert len(first["signature"]) == 12


def test_words() -> None:
    lines = run(PANIC, QUIET).splitlines()
    assert lines[0].endswith("log:1: null-deref: NULL pointer dereference in kthread_queue_work "
                             "(fatal)")  # fmt: skip
    assert lines[1].endswith("log:17:   then panic: kernel panic: Fatal exception")
    assert lines[-1] == f"{QUIET}: no findings"


def test_standard_input_of_any_bytes() -> None:
    text = b"\xff\x00\r\n\xe2\x80<6>[    1.000000] BUG: KASAN: \xff in f+0x1/0x2\n"
    text += b"[    1.000000] BUG: KASAN: slab-out-of-bounds in bad_\xfffn+0x1/0x2"
    (parsed,) = [json.loads(line) for line in run("--json", "-", text=text).splitlines()]
    assert {finding["kind"] for finding in parsed["findings"]} == {"KASAN"}
    assert "no findings" in run("-", "-")


def test_terminal_escapes_of_a_log_do_not_reach_the_terminal() -> None:
    text = b"[    1.000000] BUG: \x1b]0;owned\x07 in f\n"
    assert "\x1b" not in run("-", text=text)


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_wrong_usage(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read") as error:
        CliRunner().invoke(command, ["--json", str(tmp_path / name)], catch_exceptions=False)
    assert error.value.exit_code == 2


def test_a_name_of_odd_bytes(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff.log")
    file.write_bytes(b"all is well\n")
    assert json.loads(run("--json", str(file)))["findings"] == []


def test_a_disk_that_fails_half_way_leaves_a_whole_line_of_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(stream: object, file: str) -> Iterator[bytes]:
        yield Path(PANIC).read_bytes()
        raise UsageError(f"cannot read {file}: Input/output error")

    monkeypatch.setattr("orchestrator.cli.parse_dmesg._blocks", failing)
    done = CliRunner().invoke(command, ["--json", PANIC])
    assert isinstance(done.exception, UsageError)
    assert "Input/output error" in json.loads(done.output)["error"]

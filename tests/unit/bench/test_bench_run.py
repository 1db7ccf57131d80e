# SPDX-License-Identifier: GPL-2.0-only
"""The one command: what it takes, and what it leaves."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path
from types import ModuleType

import bench_commands
import bench_history
import pytest
from figures import Section
from sample_sections import BOOT, SCALE


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """tests/bench/run.py, whose files go elsewhere; there are others of its name."""
    path = Path(__file__).parents[2] / "bench" / "run.py"
    spec = importlib.util.spec_from_file_location("bench_run", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("ROOT", "HERE", "PARTIAL"):
        monkeypatch.setattr(module, name, tmp_path / name)
    (tmp_path / "ROOT").mkdir()
    return module


def test_all_sections_but_cold_run_by_default(command: ModuleType) -> None:
    assert command.parse([]).names == [
        "boot",
        "timeline",
        "startup",
        "scale",
        "throughput",
        "virtme",
    ]
    assert command.parse(["--cold"]).names[-1] == "cold"
    assert command.parse(["--only", "cold,boot"]).names == ["cold", "boot"]


@pytest.mark.parametrize("argv", [["--only", "bot"], ["--runs", "0"]])
def test_nonsense_is_refused(command: ModuleType, argv: list[str]) -> None:
    with pytest.raises(SystemExit):
        command.parse(argv)


def test_a_section_that_cannot_be_measured_leaves_the_others(
    command: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_bench: bench_commands.Bench) -> Section:
        raise bench_commands.CommandFailed("vng ended with 1:\nno such kernel")

    monkeypatch.setitem(command.SECTIONS, "virtme", broken)
    monkeypatch.setitem(command.SECTIONS, "boot", lambda _bench: BOOT)
    found = command.measured(["virtme", "boot"], bench_commands.Bench(1, True, Path()))
    assert [section.failed for section in found] == [True, False]
    assert found[0].notes == ("vng ended with 1:", "no such kernel")


@pytest.mark.parametrize(
    ("partial", "page", "history"),
    [
        (False, "ROOT/docs/benchmark.md", "HERE/history.jsonl"),
        (True, "PARTIAL/benchmark.md", "PARTIAL/history.jsonl"),
    ],
)
def test_only_a_whole_run_is_written_to_the_documents(
    command: ModuleType, tmp_path: Path, partial: bool, page: str, history: str
) -> None:
    record = bench_history.record("2026-01-02", "abc", "2 cores", 0.1, [BOOT, SCALE])
    for _ in range(2):
        written = command.publish([BOOT, SCALE], record, partial)
    assert written == tmp_path / page
    assert "| boot: numa2, boot | 2.50 | 2.50 | +0% | 2.50 | 1 |" in written.read_text()
    assert len(bench_history.read(tmp_path / history)) == 2
    there = {path.name for path in tmp_path.rglob("*.md")}
    assert there == {"benchmark.md"}


def test_the_class_of_a_machine_names_no_machine(command: ModuleType) -> None:
    assert "GiB" in command.machine_class()
    assert platform.node() not in command.machine_class()

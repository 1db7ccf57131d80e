# SPDX-License-Identifier: GPL-2.0-only
"""Entries appear whole or not at all, once, whoever asks and however often."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.edge.store import Store, cache_root, need_space, runs_root, writable
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Note, ProgressEvent, silent

# One of two racing processes: makes an entry slowly, and leaves a mark each time it makes it.
RACER = """
import sys, time
from pathlib import Path
from orchestrator.edge.store import Store
root, marks = Path(sys.argv[1]), Path(sys.argv[2])
def make(folder):
    (marks / f"made-{time.monotonic_ns()}").touch()
    time.sleep(0.3)
    (folder / "content").write_text("whole")
path, there = Store(root).entry("kernels", "key", make, lambda event: print(event))
print(there, (path / "content").read_text())
"""


def fill(folder: Path) -> None:
    (folder / "content").write_text("whole")


def refuse(_folder: Path) -> None:
    raise AssertionError("it was made again")


def entries(store: Store) -> list[str]:
    return sorted(path.name for path in store.folder("kernels").iterdir())


def test_an_entry_is_made_once_and_then_found(store: Store) -> None:
    path, there = store.entry("kernels", "key", fill, silent)
    assert (path, there) == (store.root / "kernels/key", False)
    assert store.entry("kernels", "key", refuse, silent) == (path, True)
    assert (path / "content").read_text() == "whole"
    assert entries(store) == ["key"]


def test_finding_an_entry_marks_it_as_used(store: Store) -> None:
    path, _ = store.entry("kernels", "key", fill, silent)
    os.utime(path, (0, 0))
    store.entry("kernels", "key", refuse, silent)
    assert path.stat().st_mtime > 1e9


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path / "store"), str(marks)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = sorted(racer.communicate(timeout=20)[0] for racer in racers)
    assert len(list(marks.iterdir())) == 1
    assert sorted(text.splitlines()[-1] for text in said) == ["False whole", "True whole"]
    assert [racer.returncode for racer in racers] == [0, 0]


@pytest.mark.parametrize(
    "error", [OSError("disk full"), KeyboardInterrupt(), InfrastructureError("x")]
)
def test_what_fails_leaves_nothing(store: Store, error: BaseException) -> None:
    def fail(folder: Path) -> None:
        fill(folder)
        raise error

    with pytest.raises(type(error)):
        store.entry("kernels", "key", fail, silent)
    assert entries(store) == []
    assert store.entry("kernels", "key", fill, silent)[1] is False


def test_what_a_dead_process_left_is_not_taken_for_an_entry(store: Store) -> None:
    stale = store.folder("kernels") / f".key.{os.getpid()}.partial"
    stale.mkdir()
    (stale / "half").touch()
    path, there = store.entry("kernels", "key", fill, silent)
    assert not there
    assert [file.name for file in path.iterdir()] == ["content"]


def test_waiting_for_another_is_said(store: Store) -> None:
    """The holder is another process; it lets go when it is told to."""
    hold = (
        "import sys; from pathlib import Path; from orchestrator.edge.store import Store\n"
        "with Store(Path(sys.argv[1])).lock('kernels/key', print):\n"
        "    print('held', flush=True); sys.stdin.readline()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(store.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdin and holder.stdout
    assert holder.stdout.readline() == "held\n"
    said: list[ProgressEvent] = []

    def hear(event: ProgressEvent) -> None:
        said.append(event)
        assert holder.stdin
        holder.stdin.write("\n")
        holder.stdin.flush()

    with store.lock("kernels/key", hear):
        pass
    holder.communicate(timeout=10)
    assert said == [Note("waiting for another orchestrate that is making kernels/key")]


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    for path in (in_the_way, in_the_way / "below"):
        with pytest.raises(InfrastructureError, match=str(path)) as caught:
            Store(path)
        assert "ORCHESTRATE_CACHE" in caught.value.hint


def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(InfrastructureError, match="cannot"):
        writable(tmp_path)


def test_space_is_asked_for_before_it_is_needed(tmp_path: Path) -> None:
    need_space(tmp_path, 0, "nothing")
    with pytest.raises(InfrastructureError) as caught:
        need_space(tmp_path, 1 << 40, "a build")
    assert f"a build needs {1 << 40} MiB in {tmp_path}" in caught.value.message
    assert "clean" in caught.value.hint


def test_roots_follow_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(tmp_path / "c"))
    monkeypatch.setenv("ORCHESTRATE_RUNS", str(tmp_path / "r"))
    assert (cache_root(), runs_root()) == (tmp_path / "c", tmp_path / "r")
    monkeypatch.delenv("ORCHESTRATE_CACHE")
    monkeypatch.delenv("ORCHESTRATE_RUNS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xc"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xs"))
    assert cache_root() == tmp_path / "xc/orchestrate"
    assert runs_root() == tmp_path / "xs/orchestrate/runs"

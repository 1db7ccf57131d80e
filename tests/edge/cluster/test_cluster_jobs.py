# SPDX-License-Identifier: GPL-2.0-only
"""Jobs on real workers of a real scheduler: where they go, and what happens when workers die."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import processes
import pytest
import servers
import stand_in_jobs as jobs

from orchestrator.edge.cluster import connection
from orchestrator.edge.cluster.client import Cluster
from orchestrator.edge.cluster.connection import connected
from orchestrator.edge.cluster.passport import passport
from orchestrator.model.cluster import Passport, boot_asks, build_asks
from orchestrator.model.errors import InfrastructureError
from orchestrator.model.progress import Note, ProgressEvent

ONE = boot_asks(500, kvm=False)
NEVER = threading.Event()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with processes.scheduler(tmp_path) as found:
        yield found


def _joined(address: str, progress: Any = lambda event: None, wait_s: float = 60) -> Any:
    return connected(address, None, passport(), progress, wait_s)


def _traces(folder: Path, word: str) -> Counter[str]:
    return Counter(file.name.split(".")[0] for file in folder.glob(f"*.{word}.*"))


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_jobs_go_where_they_fit(address: str, tmp_path: Path) -> None:
    small, large = ("--slots", "1", "--memory", "1000"), ("--slots", "1", "--memory", "9000")
    with (
        processes.workers(address, tmp_path, "small", more=(*small, "--builds")),
        processes.workers(address, tmp_path, "large", more=(*large, "--no-builds")),
        _joined(address) as cluster,
    ):
        assert {each.name for each in cluster.workers()} == {"small", "large"}
        for number in range(4):
            asks = boot_asks(8000, kvm=False)
            assert cluster.run(jobs.where, None, asks, f"l{number}", NEVER) == "large"
            assert cluster.run(jobs.where, None, build_asks(), f"b{number}", NEVER) == "small"


def test_dasks_own_worker_does_as_well(address: str, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--name", "plain"]
    argv += ["--nthreads", "2", "--memory-limit", "0", "--no-dashboard", "--host", "127.0.0.1"]
    argv += ["--resources", "orch-slots=2 orch-mem=6000 orch-kvm=0 orch-build=1"]
    plain = processes.Process(argv, tmp_path / "plain.log")
    other = processes.Process([*argv[:5], "nothing to us", *argv[6:-2]], tmp_path / "other.log")
    try:
        plain.wait_for("Registered to")
        other.wait_for("Registered to")
        with _joined(address) as cluster:
            (seen,) = cluster.workers()
            assert seen.name == "plain" and seen.resources == {
                "orch-slots": 2,
                "orch-mem": 6000,
                "orch-kvm": 0,
                "orch-build": 1,
            }
            assert cluster.run(jobs.where, None, ONE, "j", NEVER) == "plain"
            order = {"name": "x", "folder": str(tmp_path), "takes_s": 0.5}
            assert cluster.run(jobs.slow, order, ONE, "x", NEVER).startswith("x by ")
        assert other.process.poll() is None, "others' workers are left alone"
    finally:
        plain.end()
        other.end()


def test_what_no_worker_has_is_told_and_not_waited_for(address: str, tmp_path: Path) -> None:
    with processes.workers(address, tmp_path, "one"), _joined(address, wait_s=2) as cluster:
        with pytest.raises(InfrastructureError, match="no worker has had 64000 MiB and KVM for 2"):
            cluster.run(jobs.where, None, boot_asks(64000, kvm=True), "k", NEVER)
        assert cluster.run(jobs.where, None, ONE, "j", NEVER) == "one"


def test_workers_killed_at_random_lose_nothing(address: str, tmp_path: Path) -> None:
    place = tmp_path / "traces"
    place.mkdir()
    results: dict[str, str] = {}
    with (
        processes.workers(address, tmp_path, "a", "b", "c") as running,
        _joined(address) as cluster,
    ):

        def run(name: str) -> None:
            order = {"name": name, "folder": str(place), "takes_s": 0.7}
            results[name] = cluster.run(jobs.slow, order, ONE, name, NEVER)

        names = [f"job{number}" for number in range(9)]
        threads = [threading.Thread(target=run, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        drawn = random.Random(8)
        for number in range(3):
            time.sleep(0.5 + drawn.random())
            victim = drawn.randrange(len(running))
            running[victim].kill()
            options = ("--slots", "1", "--memory", "2000")
            running[victim] = processes.worker(address, tmp_path, f"d{number}", *options)
        for thread in threads:
            thread.join(120)
    assert {name: said.split()[0] for name, said in results.items()} == {n: n for n in names}
    began, ended = _traces(place, "began"), _traces(place, "ended")
    assert set(ended) == set(names)
    assert sum(began.values()) > len(names), "no job was under way when its worker was killed"


def test_a_job_that_kills_its_workers_is_given_up(address: str, tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "e"]
    with processes.workers(address, tmp_path, *names), _joined(address) as cluster:
        order = {"name": "evil", "folder": str(tmp_path)}
        with pytest.raises(InfrastructureError, match="4 workers died while they ran this"):
            cluster.run(jobs.murderous, order, ONE, "evil", NEVER)
        assert _traces(tmp_path, "began")["evil"] == 4
        assert len(cluster.workers()) == 1
        assert cluster.run(jobs.where, None, ONE, "next", NEVER) in names


def test_what_is_cancelled_ends_its_machine(address: str, tmp_path: Path) -> None:
    with processes.workers(address, tmp_path, "a"), _joined(address) as cluster:
        stop = threading.Event()
        said: list[object] = []
        order = {"folder": str(tmp_path)}
        run = threading.Thread(
            target=lambda: said.append(cluster.run(jobs.machine, order, ONE, "m", stop))
        )
        run.start()
        pid = _pid(tmp_path)
        stop.set()
        run.join(10)
        assert said == [None]
        _gone(pid)
        assert cluster.run(jobs.where, None, ONE, "next", NEVER) == "a"


def test_a_night_that_is_killed_leaves_no_machine(address: str, tmp_path: Path) -> None:
    code = (
        "import sys, threading, stand_in_jobs as jobs\n"
        "from orchestrator.edge.cluster.connection import connected\n"
        "from orchestrator.edge.cluster.passport import passport\n"
        "with connected(sys.argv[1], None, passport(), print) as cluster:\n"
        "    asks = {'orch-slots': 1}\n"
        "    order = {'folder': sys.argv[2]}\n"
        "    cluster.run(jobs.machine, order, asks, 'm', threading.Event())\n"
    )
    with processes.workers(address, tmp_path, "a"):
        argv = [sys.executable, "-c", code, address, str(tmp_path)]
        night = processes.Process(argv, tmp_path / "night.log")
        pid = _pid(tmp_path)
        night.kill()
        _gone(pid)


def test_a_worker_that_is_told_to_leave_ends_its_machine_and_loses_nothing(
    address: str, tmp_path: Path
) -> None:
    with (
        processes.workers(address, tmp_path, "a") as (first,),
        _joined(address) as cluster,
    ):
        said: list[object] = []
        order = {"name": "x", "folder": str(tmp_path), "takes_s": 3.0}
        run = threading.Thread(
            target=lambda: said.append(cluster.run(jobs.slow, order, ONE, "x", NEVER))
        )
        run.start()
        while not _traces(tmp_path, "began"):
            time.sleep(0.05)
        assert first.end() == 0, first.said
        with processes.workers(address, tmp_path, "b"):
            run.join(60)
        assert [str(each).split()[0] for each in said] == ["x"]
        assert _traces(tmp_path, "ended") == {"x": 1}


def _pid(folder: Path) -> int:
    end_s = time.monotonic() + 30
    while not (folder / "pid").is_file() or not (folder / "pid").read_text():
        assert time.monotonic() < end_s
        time.sleep(0.05)
    return int((folder / "pid").read_text())


def _gone(pid: int) -> None:
    end_s = time.monotonic() + 30
    while _alive(pid):
        assert time.monotonic() < end_s, "its machine lives on"
        time.sleep(0.1)


def test_what_a_job_raises_is_told(address: str, tmp_path: Path) -> None:
    with processes.workers(address, tmp_path, "a"), _joined(address) as cluster:
        with pytest.raises(InfrastructureError, match=r"a worker failed: ValueError: a.* bug"):
            cluster.run(jobs.raises, None, ONE, "r", NEVER)
        assert cluster.run(jobs.where, None, ONE, "next", NEVER) == "a"


OLD = {
    "version": "orchestrate 0.0.1, not ",
    "tool": "QEMU QEMU emulator version 1.0, not ",
}


def _other(tmp_path: Path, kind: str) -> dict[str, str]:
    """An environment in which a worker is another one."""
    if kind == "version":
        (tmp_path / "sitecustomize.py").write_text(
            'import orchestrator\norchestrator.__version__ = "0.0.1"\n'
        )
        path = f"{tmp_path}:{processes.HERE}:{Path(__file__).parents[3]}"
        return {"PYTHONPATH": path}
    qemu = tmp_path / "bin" / "qemu-system-x86_64"
    qemu.parent.mkdir()
    qemu.write_text("#!/bin/sh\necho QEMU emulator version 1.0\n")
    qemu.chmod(0o755)
    return {"PATH": f"{qemu.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize("kind", OLD)
def test_another_worker_is_refused_in_one_line(address: str, tmp_path: Path, kind: str) -> None:
    notes: list[str] = []

    def progress(event: ProgressEvent) -> None:
        if isinstance(event, Note):
            notes.append(event.text)

    options = ("--slots", "1", "--memory", "2000")
    with processes.workers(address, tmp_path, "good"):
        environment = _other(tmp_path, kind)
        before = processes.worker(address, tmp_path, "before", *options, environment=environment)
        before.wait_for("joined ")
        with _joined(address, progress) as cluster:
            assert [each.name for each in cluster.workers()] == ["good"]
            assert before.process.wait(40) == 3
            assert f"orchestrate: refused: {OLD[kind]}" in before.said
            late = processes.worker(address, tmp_path, "late", *options, environment=environment)
            assert late.process.wait(60) == 3
            assert f"orchestrate: refused: {OLD[kind]}" in late.said
            assert "joined" not in late.said and "Traceback" not in late.said
            assert cluster.run(jobs.where, None, ONE, "j", NEVER) == "good"
    assert notes == [notes[0]] and notes[0].startswith(f"worker before refused: {OLD[kind]}")


def test_a_worker_that_took_a_job_before_it_was_looked_at_is_no_harm(
    address: str, tmp_path: Path
) -> None:
    with processes.workers(address, tmp_path, "a", "b"), _joined(address) as cluster:
        order = {"name": "p", "folder": str(tmp_path), "only": "b"}

        class Looked(Cluster):
            """Refuses a once it was met."""

        looked = Looked(cluster.client, cluster.ours, cluster.progress)
        looked._objection = lambda worker, answer: "" if worker.name == "b" else "other"  # type: ignore[method-assign]
        for number in range(3):
            assert looked.run(jobs.picky, order, ONE, f"p{number}", NEVER) == "b"


def test_only_workers_that_differ_is_told(address: str, tmp_path: Path) -> None:
    other = Passport((("orchestrate", "9"),))
    with (
        processes.workers(address, tmp_path, "a"),
        connected(address, None, other, lambda event: None) as cluster,
    ):
        assert cluster.workers() == ()


def test_no_scheduler_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECT_S", 2.0)
    nobody = f"tcp://127.0.0.1:{servers.free_port()}"
    with (
        pytest.raises(InfrastructureError, match=f"no scheduler at {nobody}"),
        connected(nobody, None, passport(), lambda event: None),
    ):
        pass

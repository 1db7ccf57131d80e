# SPDX-License-Identifier: GPL-2.0-only
"""A night on several workers, each with a cache of its own: what it says is what this machine says,
also when workers are killed."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import COMMAND, PATCHES, TESTS, alive, qemu_children

from orchestrator.config.source_spec import DefaultSource
from orchestrator.edge.sources import fetch
from orchestrator.edge.store import Store, cache_root
from orchestrator.model.progress import silent

sys.path.insert(0, str(TESTS / "edge" / "cluster"))

import processes
import servers
from test_tls import certificates

MATRIX = f"""\
configs = ["numa"]
topologies = ["numa4", "memoryless"]
suites = ["affinity,create"]
[trees]
stable = "default"
[patches]
bug = "{PATCHES}/node-ignored.patch"
[[exclude]]
patch = "bug"
topology = "memoryless"
"""
SLOT = ("--slots", "1", "--memory", "3000")
NIGHT_S = 900


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("matrix") / "night.toml"
    file.write_text(MATRIX)
    return file


def _night(
    matrix: Path, folder: Path, *more: str, cache: Path | None = None
) -> tuple[int, dict[str, Any], str]:
    argv = [*COMMAND, "nightly", "run", str(matrix), "--fresh", "--run-dir", str(folder), *more]
    environment = {**os.environ, "ORCHESTRATE_RUNS": str(folder.parent / "runs")}
    if cache:
        environment["ORCHESTRATE_CACHE"] = str(cache)
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=NIGHT_S, env=environment, check=False
    )
    assert (folder / "night.json").is_file(), done.stderr
    return done.returncode, json.loads((folder / "night.json").read_text()), done.stderr


_Said = dict[str, tuple[list[str], list[str], list[str]]]


def _said(night: dict[str, Any]) -> _Said:
    """Cell → (verdicts of its attempts, what its findings say, what each case came to)."""
    said = {}
    for result in night["cells"]:
        name = "/".join(result["cell"].values())
        verdicts = [attempt["verdict"] for attempt in result["attempts"]]
        cases = [f"{c['name']} {c['status']}" for c in result["attempts"][0]["cases"]]
        # On which node a misplaced thread lands is chance.
        titles = {re.sub(r"\.node\d+", "", each["title"]) for each in result["findings"]}
        said[name] = verdicts, sorted(titles), sorted(cases)
    return said


@pytest.fixture(scope="module")
def local(matrix: Path, tmp_path_factory: pytest.TempPathFactory) -> _Said:
    """What this machine says."""
    code, night, said = _night(matrix, tmp_path_factory.mktemp("local") / "night")
    assert code == 1, said
    found = _said(night)
    assert sorted(verdicts for verdicts, *_ in found.values()) == [
        ["fail", "fail"],
        ["pass"],
        ["pass"],
    ]
    return found


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with processes.scheduler(tmp_path) as found:
        yield found


def test_workers_say_what_this_machine_says(
    matrix: Path, local: _Said, address: str, tmp_path: Path
) -> None:
    with processes.workers(address, tmp_path, "a", "b", more=SLOT):
        code, night, said = _night(matrix, tmp_path / "night", "--cluster", address)
    assert code == 1, said
    assert _said(night) == local
    ids = [attempt["id"] for result in night["cells"] for attempt in result["attempts"]]
    lines = (tmp_path / "night" / "attempts.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(ids) == sorted(set(ids))
    for result in night["cells"]:
        for attempt in result["attempts"]:
            run = Path(attempt["run_dir"])
            assert run.parent == tmp_path / "night"
            again = subprocess.run(
                [*COMMAND, "judge", str(run)], capture_output=True, timeout=120, check=False
            )
            assert again.returncode == (0 if attempt["verdict"] == "pass" else 1)
            assert (run / "kernel.config").is_file() and (run / "build.log").is_file()


def test_workers_killed_in_mid_boot_change_nothing(
    matrix: Path, local: _Said, address: str, tmp_path: Path
) -> None:
    drawn = random.Random(8)
    over = threading.Event()
    killed: list[int] = []
    with processes.workers(address, tmp_path, "a", "b", "c", more=SLOT) as running:

        def kill() -> None:
            """A worker that boots something, and its machine with it; another one comes."""
            while len(killed) < 3 and not over.wait(0.2):
                busy = [one for one in running if qemu_children(one.process.pid)]
                if not busy:
                    continue
                over.wait(drawn.random())
                victim = drawn.choice(busy)
                machines = qemu_children(victim.process.pid)
                victim.kill()
                killed.extend(machines)
                at = running.index(victim)
                running[at] = processes.worker(address, tmp_path, f"d{len(killed)}", *SLOT)
                over.wait(2.0)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            code, night, said = _night(matrix, tmp_path / "night", "--cluster", address)
        finally:
            over.set()
            killer.join()
    assert killed, "no worker was killed while it ran a machine"
    assert not any(alive(pid) for pid in killed)
    assert code == 1, said
    assert _said(night) == local


BUILDS = f"""\
configs = ["numa"]
topologies = ["numa4"]
suites = ["affinity,create"]
[trees]
stable = "default"
[patches]
broken = "{PATCHES}/does-not-compile.patch"
"""


def test_workers_build_what_this_machine_has_not(address: str, tmp_path: Path) -> None:
    """The worker has this user's cache, in which the base kernel is; the night starts from
    sources alone, and ships them."""
    cache = cache_root()
    own = tmp_path / "own"
    own.mkdir()
    tree = fetch(DefaultSource(), Store(cache), silent).path
    for wanted in (cache / "downloads", *tree.parent.glob(f"{tree.name}*")):
        place = own / wanted.relative_to(cache)
        place.parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", "-l", str(wanted), str(place)], check=True, timeout=300)
    matrix = tmp_path / "night.toml"
    matrix.write_text(BUILDS)
    warm = {"ORCHESTRATE_CACHE": str(cache)}
    worker = processes.worker(address, tmp_path, "a", *SLOT, environment=warm)
    try:
        worker.wait_for("joined ")
        options = ("--cluster", address)
        code, night, said = _night(matrix, tmp_path / "n", *options, cache=own)
    finally:
        worker.kill()
    assert code == 1, said
    base, broken = night["cells"]
    assert base["verdict"] == "pass"
    assert broken["verdict"] == "build-broken"
    (finding,) = broken["findings"]
    assert "kthread.c" in finding["title"]
    log = Path(broken["attempts"][0]["run_dir"]) / "build.log"
    assert "error:" in log.read_text()
    assert not (own / "kernels").exists() or not list((own / "kernels").iterdir())


ONE = """\
configs = ["numa"]
topologies = ["numa4"]
suites = ["affinity,create"]
[trees]
stable = "default"
"""


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A matrix of one green cell."""
    file = tmp_path / "one.toml"
    file.write_text(ONE)
    return file


def test_a_damaged_kernel_is_brought_again(one: Path, address: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    options = ("--cluster", address, "--artefacts", f"file://{place}")
    with processes.workers(address, tmp_path, "a", more=SLOT):
        code, night, said = _night(one, tmp_path / "first", *options)
    assert code == 0, said
    (kernel,) = [file for file in place.glob("??/*") if file.is_file()]
    data = bytearray(kernel.read_bytes())
    data[len(data) // 2] ^= 1
    kernel.write_bytes(data)
    with processes.workers(address, tmp_path, "b", more=SLOT):
        code, night, said = _night(one, tmp_path / "second", *options)
    attempts = night["cells"][0]["attempts"]
    assert [each["verdict"] for each in attempts] == ["infrastructure", "pass"], said
    assert "is damaged" in attempts[0]["headline"]
    assert code == 0 and night["verdict"] == "pass"


@pytest.mark.skipif(not servers.SSHD, reason="no sshd")
def test_a_night_over_tls_and_ssh(
    one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATE_CACHE", str(cache_root()))
    tls = certificates(tmp_path / "certificates")
    files = ("--tls-ca", tls.ca, "--tls-cert", tls.cert, "--tls-key", tls.key)
    with (
        servers.sshd(tmp_path / "ssh") as (url, home),
        processes.scheduler(tmp_path, tls) as address,
    ):
        monkeypatch.setenv("HOME", str(home))
        with processes.workers(address, tmp_path, "a", more=(*SLOT, *files)):
            options = ("--cluster", address, *files, "--artefacts", url)
            code, _, said = _night(one, tmp_path / "night", *options)
        left = list((tmp_path / "ssh" / "place").glob("??/*"))
    assert code == 0, said
    assert len(left) == 1, "the kernel stays, directories of runs do not"


def test_a_night_over_s3(
    one: Path, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("moto.server")
    with servers.s3(tmp_path) as (url, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with processes.workers(address, tmp_path, "a", more=SLOT):
            options = ("--cluster", address, "--artefacts", f"{url}/place")
            code, _, said = _night(one, tmp_path / "night", *options)
    assert code == 0, said


def test_a_scheduler_that_dies_ends_the_night_and_it_goes_on(matrix: Path, tmp_path: Path) -> None:
    own = {"ORCHESTRATE_RUNS": str(tmp_path / "runs")}
    argv = [*COMMAND, "nightly", "run", str(matrix), "--cluster"]
    with processes.scheduler(tmp_path) as address:
        running = [processes.worker(address, tmp_path, name, *SLOT) for name in "ab"]
        for each in running:
            each.wait_for("joined ")
        night = processes.Process([*argv, address], tmp_path / "first.log", own)
        night.wait_for("[1/3]", NIGHT_S)
    assert night.process.wait(120) == 3, night.said
    assert "the cluster is gone" in night.said or "the scheduler is gone" in night.said
    assert "Traceback" not in night.said
    for each in running:
        each.kill()
    with (
        processes.scheduler(tmp_path) as address,
        processes.workers(address, tmp_path, "c", more=SLOT),
    ):
        again = processes.Process([*argv, address], tmp_path / "second.log", own)
        assert again.process.wait(NIGHT_S) == 1, again.said
    assert "going on with the night of" in again.said


def test_ctrl_c_ends_the_machines_on_the_workers(
    matrix: Path, address: str, tmp_path: Path
) -> None:
    with processes.workers(address, tmp_path, "a", "b", more=SLOT) as running:
        argv = [*COMMAND, "nightly", "run", str(matrix), "--fresh", "--cluster", address]
        own = {"ORCHESTRATE_RUNS": str(tmp_path / "runs")}
        night = processes.Process([*argv, "--run-dir", str(tmp_path / "n")], tmp_path / "log", own)
        machines = _machines(running)
        night.process.send_signal(2)
        assert night.process.wait(60) == 130, night.said
        end_s = time.monotonic() + 30
        while any(map(alive, machines)):
            assert time.monotonic() < end_s
            time.sleep(0.1)
        assert "interrupted" in night.said and "Traceback" not in night.said
        assert all(one.process.poll() is None for one in running)


def _machines(running: list[processes.Process]) -> list[int]:
    end_s = time.monotonic() + NIGHT_S
    while True:
        found = [pid for one in running for pid in qemu_children(one.process.pid)]
        if found:
            return found
        assert time.monotonic() < end_s
        time.sleep(0.1)

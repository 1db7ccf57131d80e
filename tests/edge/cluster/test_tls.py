# SPDX-License-Identifier: GPL-2.0-only
"""Beyond this machine everything goes through TLS, with certificates as the documentation makes."""

from __future__ import annotations

import re
import subprocess
import threading
from pathlib import Path

import processes
import pytest
import servers
import stand_in_jobs as jobs

from orchestrator.edge.cluster import connection
from orchestrator.edge.cluster.address import checked, on_this_machine, refuse_clear
from orchestrator.edge.cluster.connection import connected
from orchestrator.edge.cluster.passport import passport
from orchestrator.model.cluster import SLOTS, Tls
from orchestrator.model.errors import InfrastructureError, UsageError

DOCS = Path(__file__).parents[3] / "docs" / "cluster.md"


def certificates(folder: Path) -> Tls:
    """As docs/cluster.md says, word for word."""
    text = DOCS.read_text().partition("<!-- certificates")[2].partition("-->\n")[2]
    commands = re.match(r"(?:    .*\n)+", text)
    assert commands and "openssl" in commands[0]
    folder.mkdir(exist_ok=True)
    subprocess.run(
        ["sh", "-e", "-c", commands[0]], cwd=folder, check=True, capture_output=True, timeout=120
    )
    return Tls(str(folder / "ca.pem"), str(folder / "cluster.pem"), str(folder / "cluster.key"))


def _options(tls: Tls) -> tuple[str, ...]:
    return ("--tls-ca", tls.ca, "--tls-cert", tls.cert, "--tls-key", tls.key)


def test_a_cluster_with_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = certificates(tmp_path / "ours"), certificates(tmp_path / "theirs")
    options = ("--slots", "1", "--memory", "2000", *_options(ours))
    with processes.scheduler(tmp_path, ours) as address:
        assert address.startswith("tls://")
        with (
            processes.workers(address, tmp_path, "a", more=options),
            connected(address, ours, passport(), lambda event: None) as cluster,
        ):
            (worker,) = cluster.workers()
            assert worker.address.startswith("tls://")
            assert cluster.run(jobs.where, None, {SLOTS: 1}, "j", threading.Event()) == "a"
        monkeypatch.setattr(connection, "CONNECT_S", 5.0)
        with (
            pytest.raises(InfrastructureError, match="no scheduler at tls://"),
            connected(address, theirs, passport(), lambda event: None),
        ):
            pass
        stranger = processes.worker(address, tmp_path, "stranger", *_options(theirs))
        assert stranger.process.wait(120) == 3
        assert "orchestrate: no scheduler at" in stranger.said
        assert "Traceback" not in stranger.said


@pytest.mark.parametrize(
    "address",
    [
        "tcp://192.0.2.7:8786",
        "192.0.2.7:8786",
        "tcp://[2001:db8::1]:8786",
        "tcp://nowhere.invalid:1",
    ],
)
def test_beyond_this_machine_nothing_goes_in_clear(address: str) -> None:
    with pytest.raises(UsageError, match="beyond this machine") as told:
        checked(address, None)
    assert "tls://" in told.value.hint and "--tls-ca" in told.value.hint


@pytest.mark.parametrize(
    "address", ["", "tcp://", "http://127.0.0.1:1", "host", "tcp://h:x", "a\n:1x"]
)
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(UsageError, match="no scheduler's address"):
        checked(address, None)


def test_on_this_machine_it_may() -> None:
    assert checked("127.0.0.1:8786", None) == "tcp://127.0.0.1:8786"
    assert checked("tcp://localhost:8786", None) == "tcp://localhost:8786"
    assert checked("tcp://[::1]:8786", None) == "tcp://[::1]:8786"
    assert checked("farm:8786", Tls("a", "b", "c")) == "tls://farm:8786"
    assert not on_this_machine("tcp://0.0.0.0:1")
    refuse_clear("tls://192.0.2.7:8786")


def test_tls_takes_certificates_and_they_take_tls() -> None:
    with pytest.raises(UsageError, match="needs certificates"):
        checked("tls://farm:1", None)
    with pytest.raises(UsageError, match="for tls:// alone"):
        checked("tcp://127.0.0.1:1", Tls("a", "b", "c"))


def test_a_scheduler_that_listens_to_everybody_is_refused(tmp_path: Path) -> None:
    port = servers.free_port()
    argv = [processes.sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port)]
    argv += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    open_to_all = processes.Process(argv, tmp_path / "log")
    try:
        servers.wait_for(port, 60)
        with (
            pytest.raises(UsageError, match="beyond this machine"),
            connected(f"tcp://127.0.0.1:{port}", None, passport(), lambda event: None),
        ):
            pass
    finally:
        open_to_all.kill()


COMMANDS = {
    "worker tcp://192.0.2.7:8786": "192.0.2.7:8786 is beyond this machine",
    "worker tls://farm:8786": "TLS needs certificates",
    "worker tls://farm:8786 --tls-ca x": "TLS takes all three",
    "worker tls://farm:1 --tls-ca x --tls-cert y --tls-key z": "x: No such file",
    "run {} --cluster tcp://192.0.2.7:8786": "192.0.2.7:8786 is beyond this machine",
    "run {} --cluster tcp://127.0.0.1:1 --artefacts ftp://x/y": "no place",
    "run {} --artefacts file:///x": "go with --cluster",
    "run {} --cluster tls://farm:1 --tls-ca x --tls-cert y --tls-key z": "need a place",
}


@pytest.mark.parametrize("words", COMMANDS)
def test_wrong_usage_is_told_in_two_lines(tmp_path: Path, words: str) -> None:
    matrix = tmp_path / "m.toml"
    matrix.write_text('configs = ["numa"]\ntopologies = ["numa4"]\n[trees]\na = "default"\n')
    argv = [processes.sys.executable, "-m", "orchestrator", "nightly"]
    argv += words.format(matrix).split()
    done = processes.Process(argv, tmp_path / "log", {"ORCHESTRATE_CACHE": str(tmp_path / "c")})
    assert done.process.wait(60) == 2, done.said
    assert COMMANDS[words] in done.said
    assert len(done.said.splitlines()) <= 2, done.said

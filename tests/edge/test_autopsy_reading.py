# SPDX-License-Identifier: GPL-2.0-only
"""What the reader of a memory image tells, whole or not, and the real reader on what is none."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.edge import sandbox
from orchestrator.edge.autopsy import reading
from orchestrator.edge.autopsy.reading import Asked, facts, read_memory
from orchestrator.model.autopsy import NodeSeen, TaskSeen, WorkerSeen

TASK = {"pid": 1, "comm": "init", "state": "S", "cpu": 0, "stack": ["schedule+0x1/0x2"]}


def test_lines_become_facts() -> None:
    lines = (
        json.dumps({"names": {"4096": "red+0x3/0x5"}}),
        json.dumps({"task": TASK}),
        json.dumps({"worker": {"pid": 2, "comm": "w", "queued": ["f"]}}),
        json.dumps({"node": {"node": 0, "free_kib": 1, "managed_kib": 2}}),
        json.dumps({"note": "modules: gone"}),
    )
    told = facts(lines, ("before",))
    assert told.names == {4096: "red+0x3/0x5"}
    assert told.tasks == (TaskSeen(1, "init", "S", 0, stack=("schedule+0x1/0x2",)),)
    assert told.workers == (WorkerSeen(2, "w", queued=("f",)),)
    assert told.nodes == (NodeSeen(0, 1, 2),)
    assert told.notes == ("before", "modules: gone")


@pytest.mark.parametrize(
    "line",
    ["Segmentation fault", '{"task": {"pid": "x"}}', '{"names": 3}', "[]", "{}", '{"odd": 1}', "7"],
)
def test_what_is_no_fact_is_told(line: str) -> None:
    told = facts([json.dumps({"task": TASK}), line])
    assert len(told.tasks) == 1
    assert told.notes == (f"the reader said: {line}",)


@pytest.fixture(scope="module")
def vmlinux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program with the symbols that a kernel must have."""
    made = tmp_path_factory.mktemp("kernel") / "vmlinux"
    source = "char init_top_pgt[4096], linux_banner[9] = {1}, init_task[64]; void _start(void) {}"
    words = ["gcc", "-nostdlib", "-static", "-g", "-o", str(made), "-x", "c", "-"]
    subprocess.run(words, input=source, text=True, check=True)
    return made


IMAGES = {
    "empty": (b"", "not an ELF core file"),
    "no image": (b"KDUMP   " * 2000, ""),
    "cut off": (b"makedumpfile".ljust(16, b"\0") + bytes(5000), ""),
    "a program": (Path(sys.executable).resolve().read_bytes(), "not an ELF core file"),
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_that_is_none_says_so(tmp_path: Path, vmlinux: Path, name: str) -> None:
    content, said = IMAGES[name]
    image = tmp_path / "image"
    image.write_bytes(content)
    told = read_memory(Asked(str(image), str(vmlinux), str(vmlinux), "7.3.4", (1,)), 60)
    assert told.tasks == told.nodes == ()
    assert any(f"the memory image cannot be read: {said}" in note for note in told.notes), told


def test_a_vmlinux_that_is_none_says_so(tmp_path: Path) -> None:
    told = read_memory(Asked(str(tmp_path), sys.executable, "", "7.3.4", ()), 60)
    assert any("vmlinux has no init_top_pgt" in note for note in told.notes), told


def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    told = read_memory(Asked(str(tmp_path), sys.executable, "", "7.3.4", ()), 0.01)
    assert any("was not read to its end" in note for note in told.notes), told


SPY = """\
import json, os, socket
for path in ("{secret}", "{written}"):
    try:
        open(path, "w" if path == "{written}" else "r").close()
        print(json.dumps({{"note": "reached"}}))
    except OSError:
        pass
try:
    socket.create_connection(("127.0.0.1", {port}), 2)
    print(json.dumps({{"note": "reached"}}))
except OSError:
    pass
print(json.dumps({{"note": "was there"}}))
"""


@pytest.mark.parametrize("contained", [True, False])
def test_what_reads_an_image_reaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contained: bool
) -> None:
    """An image that took the reader over; without the sandbox, it reaches all three."""
    if contained and sandbox._trial():
        pytest.skip("this host lets nobody make a sandbox (bwrap true fails)")
    monkeypatch.setenv(sandbox.VARIABLE, "auto" if contained else "never")
    sandbox.found.cache_clear()
    for name in ("secret", "image", "vmlinux", "types"):
        (tmp_path / name).touch()
    package = tmp_path / "lib" / "taken_over"
    package.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        words = {"secret": tmp_path / "secret", "written": tmp_path / "image"}
        spy = SPY.format(port=listener.getsockname()[1], **words)
        (package / "__main__.py").write_text(spy)
        monkeypatch.setattr(reading, "_READER", str(package))
        monkeypatch.setattr(reading, "_RUN", ())
        shown = (*reading.python_folders(), str(package))
        monkeypatch.setattr(reading, "python_folders", lambda: shown)
        image, vmlinux, types = (str(tmp_path / name) for name in ("image", "vmlinux", "types"))
        told = read_memory(Asked(image, vmlinux, types, "7.3.4", ()), 30)
    sandbox.found.cache_clear()
    assert told.notes == (("was there",) if contained else ("reached",) * 3 + ("was there",))

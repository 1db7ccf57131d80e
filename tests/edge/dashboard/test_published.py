# SPDX-License-Identifier: GPL-2.0-only
"""A dashboard is there whole, or as it was before; and nothing else is ever overwritten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestrator.edge import published
from orchestrator.edge.published import publishing, write_pages
from orchestrator.model.errors import InfrastructureError, UsageError

PAGES = [("a.html", "one"), ("index.html", "one")]


def publish(folder: Path, text: str) -> None:
    with publishing(folder) as fresh:
        write_pages(fresh, [(name, text) for name, _ in PAGES])


def texts(folder: Path) -> list[str]:
    return [(folder / name).read_text() for name, _ in PAGES]


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


@pytest.mark.parametrize("exchange", [True, False])
def test_a_new_one_takes_the_place_of_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool
) -> None:
    if not exchange:  # as file systems are that cannot
        monkeypatch.setattr(published, "_exchange", lambda _one, _other: False)
    out = tmp_path / "deep" / "out"
    publish(out, "one")
    assert texts(out) == ["one", "one"]
    (out / "stale.html").touch()
    publish(out, "two")
    assert texts(out) == ["two", "two"] and not (out / "stale.html").exists()
    assert beside(out) == ["out"]


def test_what_goes_wrong_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    publish(out, "one")

    def broken() -> None:
        with publishing(out) as fresh:
            write_pages(fresh, PAGES[:1])
            raise KeyError("a page that cannot be made")

    with pytest.raises(KeyError):
        broken()
    assert texts(out) == ["one", "one"] and beside(out) == ["out"]


def test_only_an_earlier_dashboard_or_an_empty_folder_is_replaced(tmp_path: Path) -> None:
    home, file, empty = tmp_path / "home", tmp_path / "file", tmp_path / "empty"
    home.mkdir()
    (home / "thesis.tex").write_text("x")
    file.write_text("x")
    empty.mkdir()
    for place in (home, file):
        with pytest.raises(UsageError) as caught:
            publish(place, "one")
        assert caught.value.exit_code == 2
    assert (home / "thesis.tex").read_text() == "x" and file.read_text() == "x"
    publish(empty, "one")
    assert texts(empty) == ["one", "one"]
    assert beside(home) == ["empty", "file", "home"]


def test_a_symlink_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    publish(tmp_path / "out", "one")
    assert (tmp_path / "out").is_symlink() and texts(tmp_path / "real") == ["one", "one"]


def test_where_nothing_can_be_written_it_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InfrastructureError, match="cannot write"):
        publish(tmp_path / "file" / "out", "one")


def test_readers_never_see_half_of_one(tmp_path: Path) -> None:
    """A reader that opens the folder once, as a browser's page does, finds pages of one making."""
    out = tmp_path / "out"
    publish(out, "0")
    over, torn, seen = threading.Event(), list[list[str]](), set[str]()

    def read() -> None:
        while not over.is_set():
            try:
                number = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                torn.append(["gone"])
                continue
            try:
                found = []
                for name, _ in PAGES:
                    file = os.open(name, os.O_RDONLY, dir_fd=number)
                    found.append(os.read(file, 9).decode())
                    os.close(file)
                seen.add(found[0])
                if len(set(found)) > 1:
                    torn.append(found)
            except FileNotFoundError:
                pass  # it was replaced while we read, and is being removed
            finally:
                os.close(number)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 60):
        publish(out, str(number))
    over.set()
    reader.join()
    assert torn == [] and len(seen) > 1


WRITER = """
import sys, time
from pathlib import Path
from orchestrator.edge.published import publishing
with publishing(Path(sys.argv[1])) as fresh:
    (fresh / "index.html").write_text("half")
    print("there", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_writer_leaves_the_next_removes_and_a_living_ones_stays(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    publish(out, "one")
    command = [sys.executable, "-c", WRITER, str(out)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for writer in writers:
            assert writer.stdout and writer.stdout.readline()
        writers[0].send_signal(signal.SIGKILL)
        writers[0].wait()
        assert len(beside(out)) == 3
        publish(out, "two")
        assert len(beside(out)) == 2 and texts(out) == ["two", "two"]
        writers[1].send_signal(signal.SIGINT)
        writers[1].wait(timeout=30)
        assert beside(out) == ["out"] and texts(out) == ["two", "two"]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
            assert writer.stdout
            writer.stdout.close()


def test_several_writers_at_once_leave_one_whole_dashboard(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ThreadPoolExecutor(12) as pool:
        for done in [pool.submit(publish, out, str(n)) for n in range(200)]:
            done.result()  # none was swept away, or hindered, by another
    one, other = texts(out)
    assert one == other
    assert beside(out) == ["out"]

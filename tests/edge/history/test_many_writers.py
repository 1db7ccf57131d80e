# SPDX-License-Identifier: GPL-2.0-only
"""Several processes open one history that is not there yet, and write to it at the same time."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import writer
from made_nights import attempt, night

from orchestrator.edge.history.history import History, open_history


def test_several_processes_lose_nothing_and_count_nothing_twice(url: str) -> None:
    script = str(Path(writer.__file__))
    started = [
        subprocess.Popen([sys.executable, script, url, str(n)], stderr=subprocess.PIPE, text=True)
        for n in range(writer.WRITERS)
    ]
    said = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0] * writer.WRITERS, said
    with open_history(url) as history:
        found = history.night("N0")
        assert found
        names = [one.id for one in found.attempts]
        assert len(names) == len(set(names)) == writer.SHARED + writer.WRITERS * writer.OWN
        assert all(len(one.cases) == 40 and len(one.signatures) == 6 for one in found.attempts)
        assert found.night == night()
        assert {each.runs for each in history.signatures()} == {len(names)}


def test_threads_share_one_history(history: History) -> None:
    history.put_night(night())
    counts: list[int] = []

    def tell(number: int) -> None:
        for one in writer.attempts(number):
            counts.append(history.put_attempts("N0", (one,)))
            history.recent(one.cell, 2)

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sum(counts) == writer.SHARED + 4 * writer.OWN
    found = history.night("N0")
    assert found and len(found.attempts) == sum(counts)


def test_a_reader_sees_one_state_while_others_write(history: History) -> None:
    """Attempts with half of their cases, or without, would be flaky tests."""
    history.put_night(night())
    done = threading.Event()

    def tell() -> None:
        for number in range(30):
            history.put_attempts("N0", (attempt(f"A{number}"), attempt(f"B{number}")))
        done.set()

    thread = threading.Thread(target=tell)
    thread.start()
    while not done.is_set() and thread.is_alive():
        found = history.night("N0")
        assert found and len(found.attempts) % 2 == 0
        assert all(len(one.cases) == 2 for one in found.attempts)
    thread.join(timeout=60)
    assert done.is_set()

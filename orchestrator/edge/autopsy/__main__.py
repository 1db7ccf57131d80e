# SPDX-License-Identifier: GPL-2.0-only
"""Reads a memory image, as a process of its own: a damaged image may take drgn down, or into a
circle. One JSON object on standard input (reading.Asked), and one a line on standard output,
each as soon as it is known, so that what was found counts if the process has to be ended."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from orchestrator.edge.autopsy.memory import Memory
from orchestrator.edge.autopsy.memory_facts import each_task, nodes_seen, task_seen, worker_seen
from orchestrator.edge.autopsy.reading import Asked


def main() -> None:
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    logging.getLogger("drgn").setLevel(logging.ERROR)  # it minds how QEMU lays the image out
    with _noted("the memory image cannot be read"):
        memory = Memory(asked)
        with _noted("modules"):
            for note in memory.load_modules():
                _tell("note", note)
        _tell("names", {str(at): memory.code(at, call=False) for at in asked.addresses})
        with _noted("free memory"):
            for node in nodes_seen(memory):
                _tell("node", msgspec.to_builtins(node))
        with _noted("tasks"):
            _tasks(memory)


def _tasks(memory: Memory) -> None:
    for task in each_task(memory):
        with _noted(f"task at {task.value_():#x}"):
            _tell("task", msgspec.to_builtins(task_seen(memory, task)))
        with _noted(f"worker of the task at {task.value_():#x}"):
            worker = worker_seen(memory, task)
            if worker:
                _tell("worker", msgspec.to_builtins(worker))


@contextlib.contextmanager
def _noted(what: str) -> Iterator[None]:
    """Whatever goes wrong is said, and the rest goes on."""
    try:
        yield
    except Exception as error:  # the image may hold anything
        _tell("note", f"{what}: {str(error) or type(error).__name__}")


def _tell(kind: str, value: Any) -> None:
    sys.stdout.write(json.dumps({kind: value}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's process, in whose place others stand here."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from orchestrator.edge import vm_process
from orchestrator.model.errors import InfrastructureError


def running(word: str) -> list[str]:
    """Processes with this word among theirs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


async def start(argv: list[str]) -> asyncio.subprocess.Process:
    with Path(os.devnull).open("r+b") as null:
        return await vm_process.started(argv, null, null)


@pytest.mark.parametrize("after_s", [0.0, 0.3])
def test_one_that_is_cancelled_while_it_starts_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_s: float
) -> None:
    """With its child, as a sandbox has one."""
    real = asyncio.create_subprocess_exec
    word = f"{tmp_path}/in-the-sandbox"

    async def slow(*args: Any, **more: Any) -> asyncio.subprocess.Process:
        process = await real(*args, **more)
        await asyncio.sleep(0.6)
        return process

    async def main() -> None:
        starting = asyncio.ensure_future(start(["sh", "-c", f"sh -c 'sleep 600; :' {word} & wait"]))
        await asyncio.sleep(after_s)
        assert bool(running(word)) == bool(after_s)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slow)
    asyncio.run(main())
    end = time.monotonic() + 2
    while running(word) and time.monotonic() < end:
        time.sleep(0.01)
    assert running(word) == []


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(InfrastructureError, match="cannot run no-such-qemu"):
        asyncio.run(start(["no-such-qemu"]))

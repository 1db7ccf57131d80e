# SPDX-License-Identifier: GPL-2.0-only
"""Signals while an event loop runs."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from orchestrator.edge import interrupts


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


async def sleeper(steps: list[str], number: signal.Signals) -> None:
    """Is interrupted, and once more while it cleans up."""
    try:
        os.kill(os.getpid(), number)
        await asyncio.sleep(60)
    finally:
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.1)
        steps.append("clean")


def test_the_first_ends_it_and_the_second_does_nothing() -> None:
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupts.run(sleeper(steps, signal.SIGINT))
    assert steps == ["clean"]
    os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_sigterm_does_the_same_where_somebody_handles_it() -> None:
    signal.signal(signal.SIGTERM, lambda *_: None)
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupts.run(sleeper(steps, signal.SIGTERM))
    assert steps == ["clean"]


@pytest.mark.parametrize("moment", ["new_event_loop", "ensure_future", "BaseEventLoop.close"])
def test_one_that_comes_while_there_is_no_loop(
    monkeypatch: pytest.MonkeyPatch, moment: str, recwarn: pytest.WarningsRecorder
) -> None:
    """Before the loop is whole, before the task is known, and after it has ended."""
    name, owner = moment.rpartition(".")[2], asyncio
    holder = asyncio.BaseEventLoop if "." in moment else owner
    real = getattr(holder, name)

    def interrupted(*args: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return real(*args)

    async def main() -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(holder, name, interrupted)
    if name == "new_event_loop":
        monkeypatch.setattr(asyncio.events, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        interrupts.run(main())
    assert [str(each.message) for each in recwarn if "never awaited" in str(each.message)] == []


def test_without_a_signal_all_is_as_before() -> None:
    async def main() -> int:
        return 7

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert interrupts.run(main()) == 7
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_other_threads_are_left_alone() -> None:
    async def main() -> None:
        got.append(1)

    got: list[int] = []
    thread = threading.Thread(target=lambda: interrupts.run(main()))
    thread.start()
    thread.join()
    assert got == [1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_held_signals_wait_and_the_first_is_handled(number: signal.Signals) -> None:
    heard: list[int] = []
    signal.signal(number, lambda n, _frame: heard.append(n))
    with interrupts.held() as waiting:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert waiting.seen and not heard
    assert heard == [number]
    os.kill(os.getpid(), number)
    assert heard == [number, number]


def test_held_ctrl_c_raises_when_it_is_left() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), interrupts.held():
        os.kill(os.getpid(), signal.SIGINT)
        steps.append("whole")
    assert steps == ["whole"]


def test_nothing_is_held_where_nobody_handles_it_or_no_signal_arrives() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    before = signal.getsignal(signal.SIGINT)
    with interrupts.held():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    seen = []

    def elsewhere() -> None:
        with interrupts.held() as heard:
            seen.append((signal.getsignal(signal.SIGINT) is before, heard.seen))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [(True, [])]
